import { isIPv6 } from 'node:net'
import { Refusal, type Tx } from '../base/index.ts'
import { deleteAttempts, readAttempt, returnAttempt, takeAttempt } from './attemptStore.ts'

/**
 * What may be tried only so often: `atOnce` times, and then once in so many seconds. A person mistypes a few times; 10 and 480 a day are nothing
 * against ten characters. Behind one network address there may be a whole institute, whose successes give back what they took.
 */
const LIMITS = {
  /** A password, for one e-mail address, whether anybody has it or not. */
  password: { atOnce: 10, seconds: 180 },
  /** A password or a link, from one network address. */
  from: { atOnce: 100, seconds: 10 },
  /** A mail to one e-mail address. */
  mail: { atOnce: 5, seconds: 900 },
  /** A mail, from one network address. */
  mailFrom: { atOnce: 20, seconds: 60 },
} as const
export type Attempt = { kind: keyof typeof LIMITS; of: string }

/**
 * Takes one of each before it is tried, so that many at the same time, on many servers, get no more than one after the other would.
 * @throws Refusal too_many_attempts; then none is taken.
 */
export async function takeAttempts(tx: Tx, attempts: readonly Attempt[]): Promise<void> {
  // In one order, so that two requests don't wait for each other.
  for (const attempt of attempts.toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1))) {
    const { atOnce, seconds } = LIMITS[attempt.kind]
    if (await takeAttempt(tx, nameOf(attempt), seconds, (atOnce - 1) * seconds)) continue
    const usedUntil = (await readAttempt(tx, nameOf(attempt))) ?? tx.now
    const next = usedUntil.subtract({ seconds: (atOnce - 1) * seconds })
    throw new Refusal('too_many_attempts', { seconds: Math.max(1, Math.ceil(next.since(tx.now).total('seconds'))) })
  }
}

/** Forgets what was tried for an e-mail address whose owner has shown up, and gives one back to where it came from. */
export async function giveBackAttempts(tx: Tx, email: string, address: string): Promise<void> {
  await returnAttempt(tx, nameOf({ kind: 'from', of: address }), LIMITS.from.seconds)
  await deleteAttempts(tx, nameOf({ kind: 'password', of: email }))
}

function nameOf({ kind, of }: Attempt): string {
  return `${kind} ${kind === 'from' || kind === 'mailFrom' ? networkOf(of) : of}`
}

/** Whoever has one IPv6 address has the 2^64 beside it. */
function networkOf(address: string): string {
  if (!isIPv6(address) || address.includes('.')) return address.replace(/^::ffff:/i, '')
  const [head = '', tail = ''] = address.split('%')[0]!.split('::')
  const [before, after] = [head, tail].map((part) => part.split(':').filter((each) => each !== '')) as [
    string[],
    string[],
  ]
  const gap = address.includes('::') ? 8 - before.length - after.length : 0
  const groups = [...before, ...Array<string>(gap).fill('0'), ...after].map((each) => Number.parseInt(each, 16))
  return `${groups
    .slice(0, 4)
    .map((each) => each.toString(16))
    .join(':')}::/64`
}
