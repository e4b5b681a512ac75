import { createPublicKey, sign, verify, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'

const signLater = promisify(sign)

/** What Alipay's V1 signs of named values: all that are not empty, by name, as `k=v&k=v`. */
export function textToSign(values: Record<string, string>, without: readonly string[]): string {
  return Object.keys(values)
    .filter((name) => !without.includes(name) && values[name] !== '')
    .sort()
    .map((name) => `${name}=${values[name]}`)
    .join('&')
}

/** RSA2: RSA with SHA-256, in base64. */
export async function signRsa2(text: string, key: KeyObject): Promise<string> {
  return (await signLater('sha256', Buffer.from(text), key)).toString('base64')
}

export function verifyRsa2(text: string, signature: string, key: KeyObject): boolean {
  return verify('sha256', Buffer.from(text), createPublicKey(key), Buffer.from(signature, 'base64'))
}
