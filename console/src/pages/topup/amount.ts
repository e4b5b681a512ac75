/**
 * An amount as people type or paste it (`1,000.50`, `¥ 200`, `２００`, `1 000`) as a plain decimal of at most two places; undefined for
 * what is none, or says more than cents.
 */
export function readAmount(text: string): string | undefined {
  const plain = text
    .normalize('NFKC')
    .replace(/[\s,'\u00a5$€]|cny|rmb|元/gi, '')
    .replace(/^\+/, '')
  const match = /^(\d{1,9})(?:\.(\d{0,2}))?$/.exec(plain)
  if (!match) return undefined
  const whole = match[1]!.replace(/^0+(?=\d)/, '')
  const amount = match[2] ? `${whole}.${match[2]}` : whole
  return /[1-9]/.test(amount) ? amount : undefined
}
