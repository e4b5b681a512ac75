/** Kept: making one takes a phone a millisecond, and a page of a bill shows hundreds of times and amounts. */
const kept = new Map<string, unknown>()

function keep<Format>(name: string, make: () => Format): Format {
  const format = (kept.get(name) as Format | undefined) ?? make()
  kept.set(name, format)
  return format
}

export function dateFormat(locale: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  return keep(`date ${locale} ${JSON.stringify(options)}`, () => new Intl.DateTimeFormat(locale, options))
}

export function numberFormat(locale: string, options: Intl.NumberFormatOptions = {}): Intl.NumberFormat {
  return keep(`number ${locale} ${JSON.stringify(options)}`, () => new Intl.NumberFormat(locale, options))
}
