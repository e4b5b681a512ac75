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
  debitPlainWallets,
  endHold,
  findDueHolds,
  isAnyWalletDue,
  lockDueWallets,
  lockedWallets,
  lockWallets,
  settleWallets,
  type WalletKey,
} from '../wallet/index.ts'
import { planAttribution, readStanding } from './attribute.ts'
import { writePlans } from './planStore.ts'
import { findExpired, lockUnattributed } from './store.ts'
import { walk } from './walk.ts'

/** Wallets a transaction: a larger one makes admissions and top-ups wait too long (p99 under 5 ms and 26 ms at 1000). */
const WALLETS_PER_DEDUCTION = 1000
const WALLETS_PER_ATTRIBUTION = 250

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
    lanes: 4,
    lock: (tx, range, limit) => lockDueWallets(tx, range, boundary, limit),
    work: (tx, wallets) => settleWallets(tx, wallets, boundary),
    atOnce: {
      work: (tx, range) => debitPlainWallets(tx, range, boundary),
      isAnyLeft: (tx) => isAnyWalletDue(tx, boundary),
    },
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
    lanes: 2,
    lock: (tx, range, limit) => lockUnattributed(tx, range, hour, limit),
    work: (tx, { keys }) => attributeWallets(tx, keys, hour),
  })
}

/** Wallets in which nothing runs are not deducted, so they are brought to the instant here. */
async function attributeWallets(tx: Tx, keys: readonly WalletKey[], through: Temporal.Instant): Promise<void> {
  const [locked, standing] = await Promise.all([lockWallets(tx, keys), readStanding(tx, keys)])
  let wallets = locked
  const behind = wallets.filter((wallet) => Temporal.Instant.compare(wallet.settledAt, through) < 0)
  if (behind.length > 0) {
    await settleWallets(tx, lockedWallets(behind, through), through)
    wallets = await lockWallets(tx, keys)
  }
  writePlans(tx, await planAttribution(tx, wallets, standing, 'hour'))
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
