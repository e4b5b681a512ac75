/** Whole units, plain or in groups of three with one mark between all of them, and at most two decimals: `1,5` could be two amounts. */
const AMOUNT = /^(\d{1,9}|\d{1,3}(?:([,'’ ])\d{3})(?:\2\d{3})?)(?:\.(\d{0,2}))?$/

/**
 * An amount as people type or paste it (`1,000.50`, `¥ 200`, `２００`, `1 000`) as a plain decimal of at most two places; undefined for
 * what is none, could be two, or says more than cents.
 */
export function readAmount(text: string): string | undefined {
  const plain = text
    .normalize('NFKC')
    .replace(/[\u00a5$€]|cny|rmb|元/gi, '')
    .replace(/\s+/g, ' ')
    .trim()
    .replace(/^\+/, '')
  const match = AMOUNT.exec(plain)
  if (!match) return undefined
  const whole = match[1]!.replace(/\D/g, '').replace(/^0+(?=\d)/, '')
  const amount = match[3] ? `${whole}.${match[3]}` : whole
  return /[1-9]/.test(amount) ? amount : undefined
}

export const TOP_UP_CHANNELS = ['alipay', 'wechat', 'paypal'] as const
export type TopUpChannel = (typeof TOP_UP_CHANNELS)[number]
/** What a top-up is asked for, as an address carries it. */
export type TopUpAsked = { amount?: string | undefined; channel?: TopUpChannel | undefined }

/** Reads an address; what can't be is left out. */
export function readTopUpAsked({ amount, channel: named }: Record<string, unknown>): TopUpAsked {
  const channel = TOP_UP_CHANNELS.find((each) => each === named)
  const read = readAmount(String(amount ?? ''))
  return { ...(read !== undefined && { amount: read }), ...(channel && { channel }) }
}
