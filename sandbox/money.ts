/** Yuan, dollars or yen as the gateways write them: the minor unit's digits after the point. */
export function decimalOf(minor: bigint, digits = 2): string {
  const sign = minor < 0n ? '-' : ''
  const text = String(minor < 0n ? -minor : minor).padStart(digits + 1, '0')
  return digits === 0 ? sign + text : `${sign}${text.slice(0, -digits)}.${text.slice(-digits)}`
}

/** The minor units of a plain decimal above zero; undefined for anything else, such as fractions of a cent. */
export function minorOf(text: unknown, digits = 2): bigint | undefined {
  const match = /^(\d{1,12})(?:\.(\d+))?$/.exec(String(text))
  if (!match || (match[2]?.length ?? 0) > digits) return undefined
  const minor = BigInt(match[1]!) * 10n ** BigInt(digits) + BigInt((match[2] ?? '').padEnd(digits, '0') || 0)
  return minor > 0n ? minor : undefined
}

/** A share in thousandths, rounded half up. */
export function share(minor: bigint, thousandths: bigint): bigint {
  return (minor * thousandths + 500n) / 1000n
}
