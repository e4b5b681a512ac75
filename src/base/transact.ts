import type pg from 'pg'
import { copyIn, type Columns } from './copy.ts'
import { execute, query, type Database, type Row, type Scalar, type Value } from './database.ts'
import { assert } from './refusal.ts'
import { floorSecond, type Clock } from './time.ts'

/** What every operation needs from outside: the books, the time, the operator's calendar and a place to complain. */
export type App = { database: Database; clock: Clock; timeZone: string; log: Log }
export type Log = { info(details: object, message: string): void; error(details: object, message: string): void }
/** Who acts; kept with what staff and platforms do. */
export type Actor = { kind: 'system' | 'platform' | 'staff' | 'user'; id: string }
export const SYSTEM: Actor = { kind: 'system', id: 'clock' }

/**
 * One open transaction: its one instant (whole seconds), who acts, and the connection. Statements that are asked without waiting for each
 * other (`Promise.all`) travel together and are done in their order, each seeing what those before it did.
 */
export type Tx = {
  now: Temporal.Instant
  timeZone: string
  actor: Actor
  query<R extends Row>(statement: Statement, values?: readonly Value[]): Promise<R[]>
  /** For a statement that answers no rows: how many it has written. */
  execute(statement: Statement, values?: readonly Value[]): Promise<number>
  /**
   * For a write of which nobody needs an answer: done in its order and not waited for, until the commit, which travels right behind the
   * last of them. Where it fails, the transaction fails by it.
   */
  send(statement: Statement, values?: readonly Value[]): void
  /** Adds many rows to a table at once, each as its columns are named. */
  copy(table: string, columns: Columns, rows: readonly (readonly Scalar[])[]): Promise<number>
}
/** SQL text; a named one is prepared once per connection. */
export type Statement = { name?: string; text: string }

const ATTEMPTS = 8

/**
 * The only way to open a transaction. Work may run more than once (deadlocks, lost connections), so it must not reach
 * outside; whatever it writes carries its own guard, so that a commit whose answer was lost can be tried again.
 */
export function transact<T>(app: App, actor: Actor, work: (tx: Tx) => Promise<T>): Promise<T> {
  return persist(() => attemptOnce(app, actor, work))
}

/**
 * Reads without a transaction: each statement sees the books as they are at its own moment. For what is asked so often that begin and commit
 * would be most of its cost; it must write nothing. Tried again as `transact` is.
 */
export function glance<T>(app: App, actor: Actor, work: (tx: Tx) => Promise<T>): Promise<T> {
  return persist(() => work(openTx(app, actor, app.database.pool)))
}

async function persist<T>(tryOnce: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await tryOnce()
    } catch (error) {
      if (attempt === ATTEMPTS || !isTransient(error)) throw error
      await new Promise((resolve) => setTimeout(resolve, 2 ** attempt * 5))
    }
  }
}

/**
 * Reads in one unchanging picture of the books; for what takes several statements or a long stream (cursors). It writes
 * nothing, blocks nobody, and is not tried again: what was read from it may be half sent already.
 */
export async function snapshot<T>(app: App, actor: Actor, work: (tx: Tx) => Promise<T>): Promise<T> {
  const client = await app.database.pool.connect()
  // The first statement goes along with it, and nobody waits for the end.
  const begun = client.query('begin isolation level repeatable read read only')
  begun.catch(() => {})
  try {
    const result = await work(openTx(app, actor, client))
    await begun
    return result
  } finally {
    client.query('rollback').then(
      () => client.release(),
      (failure: Error) => client.release(failure),
    )
  }
}

async function attemptOnce<T>(app: App, actor: Actor, work: (tx: Tx) => Promise<T>): Promise<T> {
  const client = await app.database.pool.connect()
  const sent: Promise<unknown>[] = []
  let broken: Error | undefined
  const begun = client.query('begin')
  const gate = gateBehind(begun)
  try {
    const result = await work(openTx(app, actor, client, { gate, sent }))
    await begun
    // Where something that was sent has failed, PostgreSQL rolls back, whatever it is told.
    const [{ command }] = await Promise.all([client.query('commit'), ...sent])
    assert(command === 'COMMIT', 'what fails in a transaction is not passed over')
    return result
  } catch (error) {
    // What still waits for it must be undone too.
    await begun.catch(() => {})
    await client.query('rollback').catch((failure: Error) => (broken = failure))
    // What was asked after it failed by it, and says no more than that.
    const failed = (await Promise.allSettled(sent)).find(({ status }) => status === 'rejected')
    throw failed ? (failed as PromiseRejectedResult).reason : error
  } finally {
    client.release(broken)
  }
}

/** What only reads, or locks. */
const READS = /^\s*select/
/** What a statement has to wait for. */
type Gate = (statement?: Statement) => Promise<unknown> | undefined

/**
 * Lets what reads go along with `begin`, and everything from the first write on wait for it: what is sent along with a `begin` that fails is
 * done at once and stays.
 */
function gateBehind(begun: Promise<unknown>): Gate {
  let waiting: Promise<unknown> | undefined = begun
  let isReading = true
  begun.then(
    () => (waiting = undefined),
    () => {},
  )
  return (statement) => {
    isReading &&= statement !== undefined && READS.test(statement.text)
    return isReading ? undefined : waiting
  }
}

function openTx(
  app: App,
  actor: Actor,
  client: pg.PoolClient | pg.Pool,
  { gate = () => undefined, sent }: { gate?: Gate; sent?: Promise<unknown>[] } = {},
): Tx {
  const ask = <T>(statement: Statement | undefined, send: () => Promise<T>) => gate(statement)?.then(send) ?? send()
  return {
    now: floorSecond(app.clock.now()),
    timeZone: app.timeZone,
    actor,
    query: <R extends Row>(statement: Statement, values?: readonly Value[]) =>
      ask(statement, () => query<R>(client, statement, values)),
    execute: (statement, values) => ask(statement, () => execute(client, statement, values)),
    send(statement, values) {
      assert(sent, 'only a transaction writes')
      const done = ask(statement, () => query(client, statement, values))
      // Who looks is the commit.
      done.catch(() => {})
      sent.push(done)
    },
    copy(table, columns, rows) {
      assert('release' in client, 'a glance writes nothing')
      return ask(undefined, () => copyIn(client, table, columns, rows))
    },
  }
}

const TRANSIENT = new Set([
  '40001',
  '40P01',
  '55P03',
  '57P01',
  '57P03',
  'ECONNRESET',
  'ECONNREFUSED',
  'EPIPE',
  'ENOENT',
])

/** Whether trying again may help: deadlocks, serialization, a server that went away. */
export function isTransient(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const code = 'code' in error ? String(error.code) : ''
  return (
    TRANSIENT.has(code) ||
    code.startsWith('08') ||
    /Connection terminated|server closed the connection unexpectedly|is not queryable/.test(error.message)
  )
}
