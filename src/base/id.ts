import { hash, randomFillSync } from 'node:crypto'

/** What an id names; it stands before the underscore. */
export type IdPrefix =
  | 'acct'
  | 'user'
  | 'proj'
  | 'list'
  | 'price'
  | 'quote'
  | 'lot'
  | 'hold'
  | 'span'
  | 'line'
  | 'chg'
  | 'adm'
  | 'cmd'
  | 'order'
  | 'key'
  | 'act'
  | 'exp'
  | 'hap'
  | 'refund'
  | 'disp'
  | 'card'
  | 'batch'
  | 'msg'
  | 'sess'
  | 'sup'
  | 'mail'
  | 'wrk'
  | 'view'

const CROCKFORD = '0123456789abcdefghjkmnpqrstvwxyz'
const pool = Buffer.alloc(8000)
let used = pool.length

/** A new id: prefix and lower-case ULID (48 bits of the instant's milliseconds, 80 random bits), so ids sort by age. */
export function newId(prefix: IdPrefix, at: Temporal.Instant): string {
  if (used === pool.length) {
    randomFillSync(pool)
    used = 0
  }
  let time = at.epochMilliseconds
  let stamp = ''
  for (let i = 0; i < 10; i++) {
    stamp = CROCKFORD[time % 32] + stamp
    time = Math.floor(time / 32)
  }
  const random = encode(pool.subarray(used, used + 10))
  used += 10
  return `${prefix}_${stamp}${random}`
}

/** An id that is a function of its parts: the same parts always give the same id. 130 of SHA-256's bits. */
export function derivedId(prefix: IdPrefix, ...parts: string[]): string {
  const digest = hash('sha256', parts.join('\0'), 'buffer')
  return `${prefix}_${encode(digest.subarray(0, 20)).slice(0, 26)}`
}

/** Which of the 1024 buckets an account lives in: the first 10 bits of SHA-256 of its id. */
export function bucketOf(accountId: string): number {
  return hash('sha256', accountId, 'buffer').readUInt16BE(0) >> 6
}

/** Five bytes at a time become eight characters. */
function encode(bytes: Buffer): string {
  let text = ''
  for (let at = 0; at < bytes.length; at += 5) {
    let word = bytes.readUIntBE(at, 5)
    let chunk = ''
    for (let i = 0; i < 8; i++) {
      chunk = CROCKFORD[word % 32] + chunk
      word = Math.floor(word / 32)
    }
    text += chunk
  }
  return text
}
