import { isTransient, snapshot, SYSTEM, transact, type App, type Tx } from '../base/index.ts'
import { firstOfRange, type WalletKey, type WalletRange } from '../wallet/index.ts'
import { openPace, type Pace } from './pace.ts'

/** What a walk looks at before it is split: small books are done by one transaction. */
const FIRST_CHUNK = 100
const BUCKETS = 1024

/** Something that is due to many wallets, done in chunks of which each is a transaction. */
export type Chore<Locked extends { keys: readonly WalletKey[] }> = {
  name: string
  /** Wallets a chunk. */
  limit: number
  /** How many parts of the books are walked side by side where the first chunk is not all; BUCKETS is a multiple of it. */
  lanes: number
  /** Locks the first wallets of a range to which it is due, `limit` at most .. */
  lock(tx: Tx, range: WalletRange, limit: number): Promise<Locked>
  /** .. and does it to them. */
  work(tx: Tx, locked: Locked): Promise<void>
  /** Where one statement does it to nearly all of a range without locking them first: that goes before the rest, under one snapshot. */
  atOnce?: AtOnce
}
type AtOnce = {
  work(tx: Tx, range: WalletRange): Promise<number>
  /** Whether it is still due to any wallet. */
  isAnyLeft(tx: Tx): Promise<boolean>
}

/** Walks over all wallets: where a first small chunk is not all, in parts side by side. Answers how many it did. */
export async function walk<L extends { keys: readonly WalletKey[] }>(app: App, chore: Chore<L>): Promise<number> {
  const pace = openPace(app.database)
  try {
    pace.takeOwn()
    const [all] = lanes(1, { bucket: 0, accountId: '' })
    const { done: first, next } = await doChunk(app, chore, all!, FIRST_CHUNK)
    if (!next) return first
    let done = first
    const ranges = lanes(chore.lanes, next)
    const overAll = async (step: Step) => {
      const counts = await Promise.all(ranges.map((range) => goOver(pace, chore.limit, range, step)))
      return counts.reduce((sum, count) => sum + count, 0)
    }
    if (chore.atOnce) {
      const { atOnce } = chore
      const rush = () => overAll((range, limit) => doAtOnce(app, atOnce, range, limit))
      pace.takeOwn()
      done += await underOneSnapshot(app, rush)
      pace.takeOwn()
      if (!(await transact(app, SYSTEM, atOnce.isAnyLeft))) return done
    }
    return done + (await overAll((range, limit) => doChunk(app, chore, range, limit)))
  } finally {
    pace.end()
  }
}

/** What is left of the books after a position, in so many parts. */
function lanes(count: number, after: WalletKey): WalletRange[] {
  const size = BUCKETS / count
  return Array.from({ length: count }, (_, n) => n * size)
    .filter((first) => first + size > after.bucket)
    .map((first) => ({
      after: first > after.bucket ? { bucket: first, accountId: '' } : after,
      last: { bucket: first + size, accountId: '' },
    }))
}

/** Goes over a range chunk by chunk; answers how many were done. */
async function goOver(pace: Pace, limit: number, { after, last }: WalletRange, step: Step): Promise<number> {
  let done = 0
  for (let next: WalletKey | undefined = after; next;) {
    const range: WalletRange = { after: next, last }
    const chunk: Chunk = await pace.go(limit, (limit) => step(range, limit))
    done += chunk.done
    next = chunk.next
  }
  return done
}

/** A chunk that fails is left to the rest, where the wallet at fault is found. */
async function doAtOnce(app: App, atOnce: AtOnce, range: WalletRange, limit: number): Promise<Chunk> {
  let { last } = range
  const chunk = (done: number): Chunk => (last === range.last ? { done } : { done, next: last })
  try {
    const done = await transact(app, SYSTEM, async (tx) => {
      const first = await firstOfRange(tx, range, limit)
      last = first.last
      return atOnce.work(tx, first)
    })
    return chunk(done)
  } catch (error) {
    if (isTransient(error)) throw error
    return chunk(0)
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
/** Does the first `limit` wallets of a range. */
type Step = (range: WalletRange, limit: number) => Promise<Chunk>

/**
 * Does the first chunk of a range; answers how many, and where to go on. A chunk that fails is tried in halves, down to the one
 * wallet that can't be done, which is complained of and passed over: one account's fault never stops the others.
 */
async function doChunk<L extends { keys: readonly WalletKey[] }>(
  app: App,
  chore: Chore<L>,
  range: WalletRange,
  limit: number,
): Promise<Chunk> {
  for (let size = limit; ; size = Math.ceil(size / 2)) {
    let keys: readonly WalletKey[] = []
    try {
      await transact(app, SYSTEM, async (tx) => {
        const locked = await chore.lock(tx, range, size)
        keys = locked.keys
        if (keys.length > 0) await chore.work(tx, locked)
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
