import { argon2, randomBytes, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { Refusal } from '../base/index.ts'
import { COMMON_PASSWORDS } from './commonPasswords.ts'

const LEAST = 10
const MOST = 200
/** KiB and passes: OWASP's first choice (19 MiB, 2, 1 lane), 25 to 55 ms of one core. */
const COST = { memory: 19_456, passes: 2, parallelism: 1 }
const SALT_BYTES = 16
const TAG_BYTES = 32
/** Each run takes a thread of the four that also read files, and 19 MiB. */
const MOST_AT_ONCE = 2

/**
 * @throws Refusal bad_password unless it has 10 to 200 characters; common_password where it is one that everybody tries, the same
 * character throughout, or one of the words that are known of the person.
 */
export function checkPassword(password: string, known: readonly string[]): void {
  const { length } = Array.from(password)
  if (length < LEAST || length > MOST) throw new Refusal('bad_password', { least: LEAST, most: MOST })
  const plain = password.toLowerCase()
  const isKnown = known.flatMap((word) => [word, word.split('@')[0]!]).some((word) => word.toLowerCase() === plain)
  if (isKnown || COMMON_PASSWORDS.has(plain) || new Set(plain).size === 1) throw new Refusal('common_password')
}

/** What is kept of a password: argon2id in the usual text form, its parameters and its own salt in it. */
export async function hashPassword(password: string): Promise<string> {
  return write(COST, await runOf(password, COST, randomBytes(SALT_BYTES)))
}

/**
 * Whether a password is the one that was kept. Where nothing was kept the answer is no, after the same work. `isOld`: it was hashed with
 * other parameters than today's, and is to be hashed anew.
 */
export async function verifyPassword(
  password: string,
  kept: string | undefined,
): Promise<{ isRight: boolean; isOld: boolean }> {
  const { cost, salt, tag } = read(kept ?? NOTHING)
  const found = await runOf(password, cost, salt)
  const isRight = timingSafeEqual(found.tag, tag) && kept !== undefined
  return { isRight, isOld: write(COST, { salt, tag }) !== kept }
}

type Cost = typeof COST
type Run = { salt: Buffer; tag: Buffer }

const FORM = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([\w+/-]+)\$([\w+/-]+)$/
/** Stands where nobody's password stands. */
const NOTHING = write(COST, { salt: Buffer.alloc(SALT_BYTES), tag: Buffer.alloc(TAG_BYTES) })

function write({ memory, passes, parallelism }: Cost, { salt, tag }: Run): string {
  const plain = (bytes: Buffer) => bytes.toString('base64').replace(/=+$/, '')
  return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${plain(salt)}$${plain(tag)}`
}

function read(kept: string): { cost: Cost; salt: Buffer; tag: Buffer } {
  const [, memory, passes, parallelism, salt, tag] = FORM.exec(kept) ?? []
  if (salt === undefined || tag === undefined) throw new Error('a kept password is not argon2id')
  return {
    cost: { memory: Number(memory), passes: Number(passes), parallelism: Number(parallelism) },
    salt: Buffer.from(salt, 'base64'),
    tag: Buffer.from(tag, 'base64'),
  }
}

const waiting: (() => void)[] = []
let underWay = 0

async function runOf(password: string, cost: Cost, salt: Buffer): Promise<Run> {
  if (underWay >= MOST_AT_ONCE) await new Promise<void>((resolve) => waiting.push(resolve))
  else underWay++
  try {
    // The same characters, however a keyboard composes them.
    const message = password.normalize('NFKC')
    return { salt, tag: await promisify(argon2)('argon2id', { message, nonce: salt, tagLength: TAG_BYTES, ...cost }) }
  } finally {
    const next = waiting.shift()
    if (next) next()
    else underWay--
  }
}
