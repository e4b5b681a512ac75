import { UsageError, type Terminal } from './verb.ts'

/** Where the user is. */
export function localZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone
}

/** An instant in the user's own time zone, such as `2026-01-21 04:00:00`: for a column whose title says the zone. */
export function localTime(instant: string | null, otherwise = ''): string {
  if (instant === null) return otherwise
  const at = Temporal.Instant.from(instant).toZonedDateTimeISO(localZone()).toPlainDateTime()
  return at.toString({ smallestUnit: 'second' }).replace('T', ' ')
}

/** The same with the zone said, for a sentence. */
export function localInstant(instant: string): string {
  return `${localTime(instant)} ${localZone()}`
}

/**
 * Reads an instant as people write it: a day (its beginning), or a day and a time, both in the user's own time zone, or RFC 3339.
 * @throws UsageError for anything else.
 */
export function readInstant(option: string, text: string): string {
  try {
    if (/[Zz]$|[+-]\d\d:?\d\d$/.test(text) && !/^\d{4}-\d\d-\d\d$/.test(text))
      return Temporal.Instant.from(text).toString()
    if (/^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d)?)?$/.test(text)) {
      const plain = Temporal.PlainDateTime.from(text.replace(' ', 'T'), { overflow: 'reject' })
      return plain.toZonedDateTime(localZone()).toInstant().toString()
    }
  } catch {
    // The thirtieth of February.
  }
  throw new UsageError(`--${option} is a day or an instant, such as 2026-07-01 or 2026-07-01T08:00:00Z, not '${text}'`)
}

/** How long it is from one instant to another: `3 d 4 h`, `12 min`, `40 s`. */
export function distance(from: string, to: string): string {
  const seconds = Math.max(0, Math.round(Temporal.Instant.from(to).since(Temporal.Instant.from(from)).total('seconds')))
  return duration(seconds)
}

/** Seconds in their two largest units. */
export function duration(seconds: number): string {
  const units: [number, string][] = [
    [86_400, 'd'],
    [3600, 'h'],
    [60, 'min'],
    [1, 's'],
  ]
  const largest = units.findIndex(([size]) => seconds >= size)
  if (largest < 0) return '0 s'
  let rest = seconds
  const parts = units.slice(largest, largest + 2).map(([size, unit]) => {
    const count = Math.floor(rest / size)
    rest -= count * size
    return count === 0 ? '' : `${count} ${unit}`
  })
  return parts.filter(Boolean).join(' ')
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

/** How much of each thing: `4 cpu, 1 gpu`; of a machine only how many, where there are several. */
export function quantityOf(quantity: Record<string, string>): string {
  return Object.entries(quantity)
    .filter(([name, value]) => name !== 'count' || value !== '1')
    .map(([name, value]) => (name === 'count' ? `x ${value}` : `${value} ${name}`))
    .join(', ')
}

const COLOURS = { red: 31, green: 32, yellow: 33, dim: 2, bold: 1 } as const

/** Coloured where the terminal takes it. */
export function paint(terminal: Terminal, colour: keyof typeof COLOURS, text: string): string {
  return terminal.colour ? `\u001b[${COLOURS[colour]}m${text}\u001b[0m` : text
}
