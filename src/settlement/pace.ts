import { setTimeout as sleep } from 'node:timers/promises'
import type { Database } from '../base/index.ts'

/** In company a chunk is this much smaller, so that whoever waits for one of its wallets waits 15 ms, not 40 .. */
const SMALLER = 2
/** .. and rests so long after it: long enough for who waits to come first, and a fifth of the walk's time. */
const REST_MS = 3
/** So many chunks go by without anybody else before a walk takes itself for alone again. */
const CALM_CHUNKS = 3
/** A minute of rest in all, enough for ten million wallets; then it hurries, whoever waits: the next boundary comes. */
const MOST_RESTS = 20_000

/** How a walk goes: as fast as it can where nobody else uses the books, one small chunk after the other where somebody does. */
export type Pace = {
  /** Says that a connection is about to be taken on behalf of the walk. */
  takeOwn(): void
  /** Does a chunk of at most so many when it is time for it. */
  go<T>(limit: number, work: (limit: number) => Promise<T>): Promise<T>
  end(): void
}

/** Watches who takes connections beside a walk: there is no other sign of requests that is seen in time, since they come and go in milliseconds. */
export function openPace({ pool }: Database): Pace {
  let own = 0
  let others = pool.totalCount - pool.idleCount
  let calm = CALM_CHUNKS
  let rests = 0
  let turn: Promise<unknown> = Promise.resolve()
  const notice = () => {
    if (own > 0) own--
    else others++
  }
  pool.on('acquire', notice)
  const isInCompany = () => {
    calm = others > 0 ? 0 : calm + 1
    others = 0
    return calm < CALM_CHUNKS && rests < MOST_RESTS
  }
  const takeOwn = () => void own++
  return {
    takeOwn,
    go(limit, work) {
      if (!isInCompany()) {
        takeOwn()
        return work(limit)
      }
      rests++
      const done = turn.then(() => {
        takeOwn()
        return work(Math.ceil(limit / SMALLER))
      })
      // Whoever comes next also waits for the end of one that failed.
      turn = done.then(
        () => sleep(REST_MS),
        () => {},
      )
      return done
    },
    end: () => void pool.off('acquire', notice),
  }
}
