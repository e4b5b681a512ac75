import {
  boundaryBefore,
  bucketOf,
  hourBefore,
  isTransient,
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
  settleWallets,
  type WalletKey,
} from '../wallet/index.ts'
import { planAttribution } from './attribute.ts'
import { writePlans } from './planStore.ts'
import { findExpired, lockUnattributed } from './store.ts'

/** Wallets a transaction: a larger one makes admissions and top-ups wait too long (p99 under 5 ms and 26 ms at 1000). */
const WALLETS_PER_DEDUCTION = 1000
const WALLETS_PER_ATTRIBUTION = 250
/** From here on a second walk goes beside the first: on two cores a third gains nothing. */
const MIDDLE_BUCKET = 512
const LAST_BUCKET = 1023

/** One chunk: `lock` takes up to `limit` wallets in order after a position, `work` does what is due to them. */
type Chore<Locked extends { keys: readonly WalletKey[] }> = {
  name: string
  limit: number
  lock(tx: Tx, after: WalletKey, lastBucket: number, limit: number): Promise<Locked | undefined>
  work(tx: Tx, locked: Locked): Promise<void>
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
    lock: (tx, after, lastBucket, limit) => lockDueWallets(tx, after, lastBucket, boundary, limit),
    work: (tx, due) => settleWallets(tx, due, boundary),
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
    lock: (tx, after, lastBucket, limit) => lockUnattributed(tx, after, lastBucket, hour, limit),
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

/** How many wallets were done, and after which to go on. */
type Chunk = { done: number; next?: WalletKey }

/** Walks over all wallets: where one chunk is not all, in two halves side by side. Answers how many it did. */
async function walk<L extends { keys: readonly WalletKey[] }>(app: App, chore: Chore<L>): Promise<number> {
  const first = await doChunk(app, chore, { bucket: 0, accountId: '' }, LAST_BUCKET)
  if (!first.next) return first.done
  const middle = { bucket: MIDDLE_BUCKET, accountId: '' }
  const counts =
    first.next.bucket < MIDDLE_BUCKET
      ? await Promise.all([walkOn(app, chore, first.next, MIDDLE_BUCKET - 1), walkOn(app, chore, middle, LAST_BUCKET)])
      : [await walkOn(app, chore, first.next, LAST_BUCKET)]
  return counts.reduce((sum, count) => sum + count, first.done)
}

async function walkOn<L extends { keys: readonly WalletKey[] }>(
  app: App,
  chore: Chore<L>,
  from: WalletKey,
  lastBucket: number,
): Promise<number> {
  let done = 0
  for (let next: WalletKey | undefined = from; next;) {
    const chunk: Chunk = await doChunk(app, chore, next, lastBucket)
    done += chunk.done
    next = chunk.next
  }
  return done
}

/**
 * Does one chunk after a position; answers how many, and where to go on. A chunk that fails is tried in halves, down to the one
 * wallet that can't be done, which is complained of and passed over: one account's fault never stops the others.
 */
async function doChunk<L extends { keys: readonly WalletKey[] }>(
  app: App,
  chore: Chore<L>,
  after: WalletKey,
  lastBucket: number,
): Promise<Chunk> {
  for (let size = chore.limit; ; size = Math.ceil(size / 2)) {
    let keys: readonly WalletKey[] = []
    try {
      await transact(app, SYSTEM, async (tx) => {
        const locked = await chore.lock(tx, after, lastBucket, size)
        keys = locked?.keys ?? []
        if (locked) await chore.work(tx, locked)
      })
      return keys.length < size ? { done: keys.length } : { done: keys.length, next: keys.at(-1)! }
    } catch (error) {
      if (isTransient(error) || keys.length === 0) throw error
      if (size > 1) continue
      app.log.error({ error, ...keys[0] }, `${chore.name} failed for one wallet, which is left as it was`)
      return { done: 0, next: keys[0]! }
    }
  }
}
