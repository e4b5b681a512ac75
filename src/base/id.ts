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
  const random = encode(pool, used, used + 10)
  used += 10
  return `${prefix}_${stampOf(at.epochMilliseconds)}${random}`
}

/** All ids of a transaction begin alike. */
let last = { ms: -1, stamp: '' }

function stampOf(ms: number): string {
  if (last.ms !== ms) {
    let stamp = ''
    for (let i = 0, time = ms; i < 10; i++, time = Math.floor(time / 32)) stamp = CROCKFORD[time % 32] + stamp
    last = { ms, stamp }
  }
  return last.stamp
}

/** An id that is a function of its parts: the same parts always give the same id. 130 of SHA-256's bits. */
export function derivedId(prefix: IdPrefix, ...parts: string[]): string {
  const digest = hash('sha256', parts.join('\0'), 'buffer')
  return `${prefix}_${encode(digest, 0, 20).slice(0, 26)}`
}

/** Which of the 1024 buckets an account lives in: the first 10 bits of SHA-256 of its id. */
export function bucketOf(accountId: string): number {
  return hash('sha256', accountId, 'buffer').readUInt16BE(0) >> 6
}

const PAIRS = Array.from({ length: 1024 }, (_, n) => CROCKFORD[n >> 5]! + CROCKFORD[n & 31]!)

/** Five bytes at a time become eight characters. */
function encode(bytes: Buffer, from: number, to: number): string {
  let text = ''
  for (let at = from; at < to; at += 5) {
    const high = bytes.readUIntBE(at, 3)
    const low = bytes.readUInt16BE(at + 3)
    text +=
      PAIRS[high >> 14]! + PAIRS[(high >> 4) & 1023]! + PAIRS[((high & 15) << 6) | (low >> 10)]! + PAIRS[low & 1023]!
  }
  return text
}
