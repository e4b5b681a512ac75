/** Of which age arrears are shown, in days ago, and in which currency: it lives in the address, so that a link shows the same. */
export type ArrearsChoice = { from?: number; to?: number; currency?: string }

/** Reads an address; what can't be is left out. */
export function readArrearsChoice({ from, to, currency }: Record<string, unknown>): ArrearsChoice {
  const isDays = (days: unknown): days is number =>
    Number.isInteger(days) && Number(days) >= 0 && Number(days) <= 36_500
  const [least, most] = [isDays(from) ? from : 0, isDays(to) ? to : undefined]
  return {
    ...(least > 0 && { from: least }),
    ...(most !== undefined && most > least && { to: most }),
    ...(typeof currency === 'string' && /^[A-Z]{3}$/.test(currency) && { currency }),
  }
}
