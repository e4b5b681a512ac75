import type { RefusalCode } from '@corehour/contract'
import { boundaryBefore, compareInstants, earlier, type Tx } from '../base/index.ts'
import { findDeletions } from '../identity/index.ts'
import { loadPrices, priceOf, type PriceBook } from '../pricing/index.ts'
import {
  changeWallets,
  lockedWallets,
  lockWallets,
  settleWallets,
  type Wallet,
  type WalletChange,
  type WalletKey,
} from '../wallet/index.ts'
import { planSpanChanges, reckonEffect, type Effect, type Mark } from './change.ts'
import { fold, type FoldContext, type FoldedSpan, type Observation } from './fold.ts'
import * as store from './store.ts'
import { keyOf, type Resource, type ResourceSpan, type ResourceState } from './store.ts'

/** Locks the wallets and brings them to the last boundary, so that nothing is ever owed backwards. */
export async function bringToBoundary(tx: Tx, keys: readonly WalletKey[]): Promise<Map<string, Wallet>> {
  let wallets = keys.length > 0 ? await lockWallets(tx, keys) : []
  const boundary = boundaryBefore(tx.now)
  const behind = wallets.filter((wallet) => compareInstants(wallet.settledAt, boundary) < 0)
  if (behind.length > 0) {
    await settleWallets(tx, lockedWallets(behind, boundary), boundary)
    wallets = await lockWallets(tx, keys)
  }
  return new Map(wallets.map((wallet) => [wallet.accountId, wallet]))
}

/** Price books by currency. */
export type Books = Map<string, PriceBook>

export type Refolding = { resource: Resource; observations: Observation[]; state: ResourceState | undefined }

/**
 * Folds resources again and gives their wallets the difference. Where all new events come after the known ones, the span that
 * runs is all there is to know; else the whole set of events is read. Answers which events had no effect, by resource and id.
 */
export async function refold(
  tx: Tx,
  resources: readonly Refolding[],
  wallets: Map<string, Wallet>,
  books: Books,
): Promise<Map<string, RefusalCode>> {
  const whole = resources.filter((each) => !followsOn(each))
  const [events, spans] =
    whole.length > 0
      ? [await store.readEvents(tx, whole.map(resourceOf)), await store.readSpans(tx, whole.map(resourceOf))]
      : [[], []]
  const histories = new Map(whole.map((each, i) => [each, { events: events[i]!, spans: spans[i]! }]))
  const context = await foldContext(tx, resources, histories, books)

  const insert: ResourceSpan[] = []
  const update: ResourceSpan[] = []
  const end: ResourceSpan[] = []
  const remove: ResourceSpan[] = []
  const marks: { resource: Resource; mark: Mark }[] = []
  const changes = new Map<string, WalletChange>()
  const noEffect = new Map<string, RefusalCode>()
  for (const each of resources) {
    const { resource } = each
    const wallet = wallets.get(resource.accountId)!
    const history = histories.get(each)
    const before = history ? history.spans : each.state?.open ? [each.state.open] : []
    const after = history ? fold(history.events, context) : fold(each.observations, context, each.state?.open)
    after.noEffect.forEach((code, eventId) => noEffect.set(`${keyOf(resource)}\0${eventId}`, code))
    const planned = planSpanChanges(before, after.spans)
    planned.insert.forEach((span) => insert.push({ resource, span }))
    planned.update.forEach((span) => update.push({ resource, span }))
    planned.end.forEach((span) => end.push({ resource, span }))
    planned.remove.forEach((span) => remove.push({ resource, span }))
    const effect = reckonEffect(before, after.spans, wallet, tx.timeZone)
    effect.marks.forEach((mark) => marks.push({ resource, mark }))
    addEffect(changes, wallet, effect)
  }
  await store.removeSpans(tx, remove)
  await store.updateSpans(tx, update)
  await store.endSpans(tx, end)
  await store.insertSpans(tx, insert)
  await store.insertMarks(tx, marks)
  if (changes.size > 0) await changeWallets(tx, [...changes.values()])
  return noEffect
}

function followsOn({ observations, state }: Refolding): boolean {
  if (!state || observations.length === 0) return false
  if (state.lastAt === null) return true
  if (!state.open) return false
  return observations.every((each) => compareInstants(each.at, state.lastAt!) > 0 && each.run >= state.open!.run)
}

/** Prices and deletions that the folds need, loaded once. */
async function foldContext(
  tx: Tx,
  resources: readonly Refolding[],
  histories: Map<Refolding, { events: Observation[]; spans: FoldedSpan[] }>,
  books: Books,
): Promise<FoldContext> {
  const ids = new Set<string>()
  for (const each of resources) {
    if (each.state?.open) ids.add(each.state.open.projectId)
    for (const { opening } of histories.get(each)?.events ?? each.observations) if (opening) ids.add(opening.projectId)
  }
  // Read when the wallets are locked: a project is deleted under its wallet's lock.
  const deletions = await findDeletions(tx, [...ids])
  return {
    price(priceId) {
      for (const book of books.values()) {
        const price = priceOf(book, priceId)
        if (price) return price
      }
      throw new Error(`price ${priceId} is pinned but not in any list`)
    },
    deletedAt: (projectId) => deletions.get(projectId),
  }
}

/** Prices of every currency among some wallets. */
export async function loadBooks(tx: Tx, wallets: Map<string, Wallet>): Promise<Books> {
  const books: Books = new Map()
  for (const { currency } of wallets.values())
    if (!books.has(currency)) books.set(currency, await loadPrices(tx, currency))
  return books
}

function addEffect(changes: Map<string, WalletChange>, wallet: Wallet, effect: Effect): void {
  const sum = changes.get(wallet.accountId)
  if (!sum) {
    const { bucket, accountId } = wallet
    const { rate, accrued, late, lateFrom } = effect
    changes.set(accountId, { bucket, accountId, rate, accrued, late, lateFrom })
    return
  }
  sum.rate += effect.rate
  sum.accrued += effect.accrued
  sum.late += effect.late
  if (effect.lateFrom) sum.lateFrom = sum.lateFrom ? earlier(sum.lateFrom, effect.lateFrom) : effect.lateFrom
}

function resourceOf({ resource }: Refolding): Resource {
  return resource
}
