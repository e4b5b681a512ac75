/** The last days up to tomorrow, as a bill's filter names them. */
export function lastDays(count: number): { from: string; to: string } {
  const tomorrow = Date.now() + 86_400_000
  const dayOf = (at: number) => new Date(at).toISOString().slice(0, 10)
  return { from: dayOf(tomorrow - count * 86_400_000), to: dayOf(tomorrow) }
}
