import {
  boundaryBefore,
  bucketOf,
  hourBefore,
  isTransient,
  snapshot,
  SYSTEM,
  transact,
  type App,
  type Tx,
} from '../base/index.ts'
import {
  endHold,
  findDueHolds,
  lockDueWallets,
  lockedWallets,
  lockWallets,
  settleDueWallets,
  settleWallets,
  type WalletKey,
} from '../wallet/index.ts'
import { planAttribution } from './attribute.ts'
import { openPace, type Pace } from './pace.ts'
import { writePlans } from './planStore.ts'
import { findExpired, lockUnattributed } from './store.ts'

/** Wallets a transaction: a larger one makes admissions and top-ups wait too long (p99 under 5 ms and 26 ms at 1000). */
const WALLETS_PER_DEDUCTION = 1000
const WALLETS_PER_ATTRIBUTION = 250
/** What a walk looks at before it is split: small books are done by one transaction. */
const FIRST_CHUNK = 100
const BUCKETS = 1024

/** One chunk: `lock` takes up to `limit` wallets in order after a position, `work` does what is due to them. */
type Chore<Locked extends { count: number; last: WalletKey }> = {
  name: string
  limit: number
  /** How many walks go side by side where the first chunk is not all; BUCKETS is a multiple of it. */
  walks: number
  lock(tx: Tx, after: WalletKey, lastBucket: number, limit: number): Promise<Locked | undefined>
  work(tx: Tx, locked: Locked): Promise<void>
  /** Stands around all chunks but the first. */
  around?(work: () => Promise<number>): Promise<number>
}

/**
 * The five-minute deduction: debits every wallet through the last boundary at or before an instant. One row an account,
 * however many resources run. Running it again changes nothing. Answers how many wallets it debited.
 */
export function deduct(app: App, through: Temporal.Instant): Promise<number> {
  const boundary = boundaryBefore(through)
  return walk(app, {
    name: 'deduction',
    limit: WALLETS_PER_DEDUCTION,
    // On two cores two would be enough, but for the disk that they wait for at the end of each chunk.
    walks: 4,
    lock: (tx, after, lastBucket, limit) => lockDueWallets(tx, after, lastBucket, boundary, limit),
    work: (tx, due) => settleDueWallets(tx, due, boundary),
    around: (work) => underOneSnapshot(app, work),
  })
}

/**
 * Attributes every account through the last full hour at or before an instant, and corrects what late events touched. Answers
 * how many accounts it attributed.
 */
export function attribute(app: App, through: Temporal.Instant): Promise<number> {
  const hour = hourBefore(through)
  return walk(app, {
    name: 'attribution',
    limit: WALLETS_PER_ATTRIBUTION,
    walks: 2,
    async lock(tx, after, lastBucket, limit) {
      const { keys } = await lockUnattributed(tx, after, lastBucket, hour, limit)
      return keys.length === 0 ? undefined : { keys, count: keys.length, last: keys.at(-1)! }
    },
    work: (tx, { keys }) => attributeWallets(tx, keys, hour),
  })
}

/** Wallets in which nothing runs are not deducted, so they are brought to the instant here. */
async function attributeWallets(tx: Tx, keys: readonly WalletKey[], through: Temporal.Instant): Promise<void> {
  let wallets = await lockWallets(tx, keys)
  const behind = wallets.filter((wallet) => Temporal.Instant.compare(wallet.settledAt, through) < 0)
  if (behind.length > 0) {
    await settleWallets(tx, lockedWallets(behind, through), through)
    wallets = await lockWallets(tx, keys)
  }
  await writePlans(tx, await planAttribution(tx, wallets, 'hour'))
}

/**
 * Writes off grants whose time is over and ends holds that were not used. An account is attributed through the expiry and no
 * further: when the clock loop looks must not change who pays. Answers how many accounts and holds it did.
 */
export async function expireDue(app: App): Promise<number> {
  let done = 0
  for (let after = ''; ;) {
    const accountIds = await transact(app, SYSTEM, (tx) => findExpired(tx, after, 1000))
    for (const accountId of accountIds)
      done += await attempt(app, 'expiry', { accountId }, (tx) => expireGrants(tx, accountId))
    if (accountIds.length < 1000) break
    after = accountIds.at(-1)!
  }
  const holds = await transact(app, SYSTEM, (tx) => findDueHolds(tx))
  for (const hold of holds)
    done += await attempt(app, 'expiry', hold, (tx) => endHold(tx, hold.accountId, hold.holdId, 'expired'))
  return done
}

function expireGrants(tx: Tx, accountId: string): Promise<void> {
  return attributeWallets(tx, [{ bucket: bucketOf(accountId), accountId }], tx.now)
}

/** One account's fault never stops the others: it is complained of and left. Answers how many were done. */
async function attempt(app: App, name: string, about: object, work: (tx: Tx) => Promise<unknown>): Promise<number> {
  try {
    await transact(app, SYSTEM, work)
    return 1
  } catch (error) {
    if (isTransient(error)) throw error
    app.log.error({ error, ...about }, `${name} failed for one account, which is left as it was`)
    return 0
  }
}

/**
 * Does work while one look at the books is held open. The chunks of a walk touch each page of wallets again and again, and PostgreSQL
 * would tidy it up each time; it leaves that for later while someone may still see what was there before: to lock 100,000
 * wallets took 0.25 s of the processor instead of 0.42. It only saves time, so it may fail. Not for work that takes minutes: nothing is tidied up meanwhile.
 */
async function underOneSnapshot<T>(app: App, work: () => Promise<T>): Promise<T> {
  const [begun, done] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const held = snapshot(app, SYSTEM, async (tx) => {
    await tx.query({ text: 'select' })
    begun.resolve()
    await done.promise
  }).catch(() => begun.resolve())
  await begun.promise
  try {
    return await work()
  } finally {
    done.resolve()
    await held
  }
}

/** How many wallets were done, and after which to go on. */
type Chunk = { done: number; next?: WalletKey }

/** Walks over all wallets: where a first small chunk is not all, in parts side by side. Answers how many it did. */
async function walk<L extends { count: number; last: WalletKey }>(app: App, chore: Chore<L>): Promise<number> {
  const pace = openPace(app.database)
  try {
    pace.takeOwn()
    const { done, next } = await doChunk(app, chore, { bucket: 0, accountId: '' }, BUCKETS - 1, FIRST_CHUNK)
    if (!next) return done
    const rest = async () => (await Promise.all(walks(app, chore, pace, next))).reduce((sum, count) => sum + count, 0)
    if (!chore.around) return done + (await rest())
    pace.takeOwn()
    return done + (await chore.around(rest))
  } finally {
    pace.end()
  }
}

/** The parts of a walk after a position, each on its way. */
function walks<L extends { count: number; last: WalletKey }>(app: App, chore: Chore<L>, pace: Pace, next: WalletKey) {
  const size = BUCKETS / chore.walks
  const firsts = Array.from({ length: chore.walks }, (_, n) => n * size).filter((first) => first + size > next.bucket)
  return firsts.map((first) => {
    return walkOn(app, chore, pace, first > next.bucket ? { bucket: first, accountId: '' } : next, first + size - 1)
  })
}

async function walkOn<L extends { count: number; last: WalletKey }>(
  app: App,
  chore: Chore<L>,
  pace: Pace,
  from: WalletKey,
  lastBucket: number,
): Promise<number> {
  let done = 0
  for (let next: WalletKey | undefined = from; next;) {
    const after: WalletKey = next
    const chunk: Chunk = await pace.go(chore.limit, (limit) => doChunk(app, chore, after, lastBucket, limit))
    done += chunk.done
    next = chunk.next
  }
  return done
}

/**
 * Does one chunk after a position; answers how many, and where to go on. A chunk that fails is tried in halves, down to the one
 * wallet that can't be done, which is complained of and passed over: one account's fault never stops the others.
 */
async function doChunk<L extends { count: number; last: WalletKey }>(
  app: App,
  chore: Chore<L>,
  after: WalletKey,
  lastBucket: number,
  limit: number,
): Promise<Chunk> {
  for (let size = limit; ; size = Math.ceil(size / 2)) {
    let locked: L | undefined
    try {
      await transact(app, SYSTEM, async (tx) => {
        locked = await chore.lock(tx, after, lastBucket, size)
        if (locked) await chore.work(tx, locked)
      })
      if (!locked) return { done: 0 }
      return locked.count < size ? { done: locked.count } : { done: locked.count, next: locked.last }
    } catch (error) {
      if (isTransient(error) || !locked) throw error
      if (size > 1) continue
      app.log.error({ error, ...locked.last }, `${chore.name} failed for one wallet, which is left as it was`)
      return { done: 0, next: locked.last }
    }
  }
}
