import { createHash, randomBytes } from 'node:crypto'

/** A secret that says what it is for; 200 of its bits are random. */
export function newSecret(purpose: 'customer' | 'platform' | 'staff' | 'session' | 'link'): string {
  return `corehour_${purpose}_${randomBytes(25).toString('hex')}`
}

/** What is kept of a secret. It is random, so one plain SHA-256 is enough. */
export function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex')
}
