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
import { endingOf } from './commands/end.ts'
import { endCommands, type Ending } from './commands/store.ts'
import { pairUp, planSpanChanges, reckonEffect, type Effect, type Mark, type SpanChanges } from './change.ts'
import { fold, type Folded, type FoldContext, type FoldedSpan, type Observation } from './fold.ts'
import * as store from './store.ts'
import { keyOf, type Heard, type Resource } from './store.ts'

/**
 * Locks the wallets and brings them to the last boundary, so that nothing is ever owed backwards. One in which nothing ran owes nothing: it
 * is brought there by the change that follows, if any (`changeWallets`).
 */
export async function bringToBoundary(tx: Tx, keys: readonly WalletKey[]): Promise<Map<string, Wallet>> {
  let wallets = keys.length > 0 ? await lockWallets(tx, keys) : []
  const boundary = boundaryBefore(tx.now)
  const isBehind = ({ settledAt }: Wallet) => compareInstants(settledAt, boundary) < 0
  const owing = wallets.filter((wallet) => isBehind(wallet) && !isIdle(wallet))
  if (owing.length > 0) {
    await settleWallets(tx, lockedWallets(owing, boundary), boundary)
    wallets = await lockWallets(tx, keys)
  }
  return new Map(
    wallets.map((wallet) => [wallet.accountId, isBehind(wallet) ? { ...wallet, settledAt: boundary } : wallet]),
  )
}

function isIdle({ rate, accrued, late }: Wallet): boolean {
  return rate === 0n && accrued === 0n && late === 0n
}

/** Price books by currency. */
export type Books = Map<string, PriceBook>

/** A resource with what is fresh of it. */
export type Fresh = { resource: Resource; observations: Observation[] }
/** And what was known: all its events, or only that it runs and that all that is fresh comes later. */
export type Refolding = Fresh & ({ known: readonly Observation[] } | { open: FoldedSpan })

/**
 * Folds resources again and gives their wallets the difference. What stood before is the fold of what was known. Answers which events
 * had no effect, by resource and id.
 */
export async function refold(
  tx: Tx,
  resources: readonly Refolding[],
  wallets: Map<string, Wallet>,
  context: FoldContext,
): Promise<Map<string, RefusalCode>> {
  const spans: SpanChanges = { insert: [], update: [], end: [], remove: [] }
  const endings: Ending[] = []
  const marks: { resource: Resource; mark: Mark }[] = []
  const changes = new Map<string, WalletChange>()
  const noEffect = new Map<string, RefusalCode>()
  for (const each of resources) {
    const { resource } = each
    const wallet = wallets.get(resource.accountId)!
    const [before, after] = foldBoth(each, context)
    if (after.noEffect.size > 0)
      for (const [eventId, code] of after.noEffect) noEffect.set(`${keyOf(resource)}\0${eventId}`, code)
    const ending = endingOf(resource, before.at(-1), after, each.observations)
    if (ending) endings.push(ending)
    const pairs = pairUp(before, after.spans)
    planSpanChanges(resource, pairs, spans)
    const effect = reckonEffect(pairs, wallet, tx.timeZone)
    for (const mark of effect.marks) marks.push({ resource, mark })
    addEffect(changes, wallet, effect)
  }
  await Promise.all([
    store.removeSpans(tx, spans.remove),
    store.updateSpans(tx, spans.update),
    store.endSpans(tx, spans.end),
    store.insertSpans(tx, spans.insert),
    store.insertMarks(tx, marks),
    endCommands(tx, endings),
    changeWallets(tx, [...changes.values()]),
  ])
  return noEffect
}

/** The spans of what was known, and those with what is fresh; without those that are over where nothing can touch them any more. */
function foldBoth(each: Refolding, context: FoldContext): [readonly FoldedSpan[], Folded] {
  if ('open' in each) return [[each.open], fold(each.observations, context, each.open)]
  const before = fold(each.known, context).spans
  const open = before.at(-1)
  if (open && !open.endedAt && each.observations.every((fresh) => comesAfter(fresh, each.known, open)))
    return [[open], fold(each.observations, context, open)]
  return [before, fold(each.known.length > 0 ? [...each.known, ...each.observations] : each.observations, context)]
}

function comesAfter({ at, run }: Observation, known: readonly Observation[], open: FoldedSpan): boolean {
  return run >= open.run && known.every((each) => compareInstants(at, each.at) > 0)
}

/**
 * What was known of resources beside what is fresh. A resource with many events of which it is only told that the fresh ones come later
 * is read no further than the span that runs.
 */
export async function recall(tx: Tx, heard: readonly Heard[]): Promise<Refolding[]> {
  const many = heard.filter(({ state }) => state.all === undefined)
  const following = many.filter(comesLater)
  const found = await store.readOpenSpans(tx, following.map(resourceOf))
  const open = new Map<Resource, FoldedSpan>()
  following.forEach(({ resource, observations }, i) => {
    const span = found[i]
    if (span && observations.every(({ run }) => run >= span.run)) open.set(resource, span)
  })
  const rest = many.filter(({ resource }) => !open.has(resource))
  const events = await store.readEvents(tx, rest.map(resourceOf))
  const stored = new Map(rest.map(({ resource }, i) => [resource, events[i]!]))
  return heard.map(({ resource, observations, state: { all } }) => {
    if (all) return { resource, observations, known: all }
    const span = open.get(resource)
    if (span) return { resource, observations, open: span }
    const isFresh = new Set(observations.map(({ eventId }) => eventId))
    return { resource, observations, known: stored.get(resource)!.filter(({ eventId }) => !isFresh.has(eventId)) }
  })
}

/** Whether all that is fresh of a resource comes after all that was known. */
function comesLater({ observations, state: { lastAt } }: Heard): boolean {
  return observations.every(({ at }) => lastAt === undefined || compareInstants(at, lastAt) > 0)
}

/** What the folds of some resources need beside their events. `deletions` are those of projects that were asked for already. */
export async function foldContext(
  tx: Tx,
  resources: readonly Refolding[],
  books: Books,
  deletions: Deletions = { asked: new Set(), at: new Map() },
): Promise<FoldContext> {
  const others = new Set<string>()
  const ask = (projectId: string) => deletions.asked.has(projectId) || others.add(projectId)
  for (const each of resources)
    if ('open' in each) ask(each.open.projectId)
    else for (const { opening } of each.known) if (opening) ask(opening.projectId)
  const more = await findDeletions(tx, [...others])
  return {
    price(priceId) {
      for (const book of books.values()) {
        const price = priceOf(book, priceId)
        if (price) return price
      }
      throw new Error(`price ${priceId} is pinned but not in any list`)
    },
    deletedAt: (projectId) => deletions.at.get(projectId) ?? more.get(projectId),
  }
}

/** When projects were deleted, of those that were asked for. Read when the wallets are locked: a project is deleted under its wallet's lock. */
export type Deletions = { asked: ReadonlySet<string>; at: Map<string, Temporal.Instant> }

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
    const { bucket, accountId, settledAt } = wallet
    const { rate, accrued, late, lateFrom } = effect
    changes.set(accountId, { bucket, accountId, settledAt, rate, accrued, late, lateFrom })
    return
  }
  sum.rate += effect.rate
  sum.accrued += effect.accrued
  sum.late += effect.late
  if (effect.lateFrom) sum.lateFrom = sum.lateFrom ? earlier(sum.lateFrom, effect.lateFrom) : effect.lateFrom
}

/** What is fresh of it aside. */
export function resourceOf({ resource }: Fresh): Resource {
  return resource
}
