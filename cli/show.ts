import type { Terminal } from './verb.ts'

/** An instant in the user's own time zone, with the zone said. */
export function localTime(instant: string | null, otherwise = ''): string {
  if (instant === null) return otherwise
  const at = Temporal.Instant.from(instant).toZonedDateTimeISO(Intl.DateTimeFormat().resolvedOptions().timeZone)
  const [date, time] = at.toPlainDateTime().toString({ smallestUnit: 'second' }).split('T')
  return `${date} ${time} ${at.offset}`
}

/** How long it is from one instant to another: `3 d 4 h`, `12 min`, `40 s`. */
export function distance(from: string, to: string): string {
  const seconds = Math.max(0, Math.round(Temporal.Instant.from(to).since(Temporal.Instant.from(from)).total('seconds')))
  return duration(seconds)
}

export function duration(seconds: number): string {
  const parts: [number, string][] = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor((seconds % 86_400) / 3600), 'h'],
    [Math.floor((seconds % 3600) / 60), 'min'],
    [Math.floor(seconds % 60), 's'],
  ]
  const shown = parts.filter(([count]) => count > 0).slice(0, 2)
  return shown.length === 0 ? '0 s' : shown.map(([count, unit]) => `${count} ${unit}`).join(' ')
}

/** Names and values under each other, the values to the right. */
export function lines(pairs: readonly (readonly [string, string, string?])[]): string {
  const names = Math.max(...pairs.map(([name]) => name.length))
  const values = Math.max(...pairs.map(([, value]) => value.length))
  return pairs
    .map(([name, value, note = '']) =>
      `${name.padEnd(names)}  ${value.padStart(values)}${note && `  ${note}`}`.trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join('')
}

/** How much of each thing: `4 cpu, 1 gpu`. */
export function quantityOf(quantity: Record<string, string>): string {
  return Object.entries(quantity)
    .map(([name, value]) => `${value} ${name}`)
    .join(', ')
}

const COLOURS = { red: 31, green: 32, yellow: 33, dim: 2, bold: 1 } as const

/** Coloured where the terminal takes it. */
export function paint(terminal: Terminal, colour: keyof typeof COLOURS, text: string): string {
  return terminal.colour ? `\u001b[${COLOURS[colour]}m${text}\u001b[0m` : text
}
