import { randomBytes, randomInt } from 'node:crypto'

const PAYPAL_CHARACTERS = '0123456789ABCDEFGHJKLMNPRSTUVWXY'

export function decimals(count: number): string {
  return Array.from({ length: count }, () => randomInt(10)).join('')
}

export function nonce(): string {
  return randomBytes(16).toString('hex')
}

/** As PayPal's ids look: 17 characters. */
export function paypalId(): string {
  return Array.from(randomBytes(17), (byte) => PAYPAL_CHARACTERS[byte % 32]).join('')
}
