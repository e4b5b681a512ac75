import { pipeline } from 'node:stream/promises'
import { Readable } from 'node:stream'
import { from as copyFrom } from 'pg-copy-streams'
import { bucketOf, SYSTEM, transact, type App } from '../src/base/index.ts'
import { createKey } from '../src/identity/index.ts'
import { applyEvents } from '../src/metering/index.ts'
import { deduct } from '../src/settlement/index.ts'
import { serve } from './admission.ts'
import { ACTIVE, BATCH, openStream, toInput, type JobEvent } from './eventStream.ts'
import { connected, makeLike } from './floor.ts'
import { requestOf, sendAll } from './load.ts'
import { median, time, type Row } from './measure.ts'
import { makeFolder, type Books, type Stage } from './stage.ts'
import { accountId, addSpans, openAccounts, projectId, publishPrices, QUANTITY, settleDown, userId } from './world.ts'

const GROUP = { first: 1, last: 1000, projects: 1, users: 1, queues: 4 }
/** In one run; a second lies between two, so that all of a run lies within five minutes. */
const BATCHES = 120
const TARGET = 40_000
/** Platforms that send over HTTP at once, and how often each figure of it is taken. */
const SENDERS = 8
const ROUNDS = 3

/** A run in process: senders at once, and in how many accounts a batch of one lies. */
type Run = { senders: number; active: number; name: string }
const RUNS: Run[] = [
  ...[1, 2, 4].map((senders) => ({
    senders,
    active: ACTIVE,
    name: `${senders} ${senders === 1 ? 'cluster' : 'clusters'}`,
  })),
  { senders: 4, active: 1000, name: '4 senders, each to 1,000 accounts' },
]

/**
 * Usage events, half starts and half stops, in durable batches of 1000: of clusters with a thousand accounts together, as real ones send them; of
 * senders whose every batch touches most of the accounts; and of clusters over HTTP. Beside it, COPY of as many rows in as many durable batches
 * into a table like that of the events.
 */
export async function events(stage: Stage): Promise<Row[]> {
  return [...(await inProcess(stage)), await overHttp(stage)]
}

async function inProcess(stage: Stage): Promise<Row[]> {
  const books = await stage.openBooks('events')
  try {
    await publishPrices(books.app)
    await openAccounts(books.database, GROUP)
    await addSpans(books.app, GROUP, 0, stage.part(99, 0))
    await settleDown(books.database)
    await run(books, { ...RUNS[0]!, name: 'warm-up' }, stage.part(10, 2))
    const rows: Row[] = []
    for (const each of RUNS) {
      const { applied, copied } = await run(books, each, Math.ceil(stage.part(BATCHES, 2) / each.senders))
      rows.push({ ...rowOf(`in process, ${each.name}`, applied), floor: { is: 'COPY', value: copied } })
    }
    return rows
  } finally {
    await books.close()
  }
}

function rowOf(how: string, value: number): Row {
  const target = { text: `>= ${TARGET.toLocaleString('en')}`, met: value >= TARGET }
  return { name: `events in batches of ${BATCH}, ${how}`, value, unit: 'events/s', target }
}

/** The n-th sender's share of the accounts: its own where it is a cluster, else all of them. */
function shareOf({ senders, active }: Pick<Run, 'senders' | 'active'>, n: number): number[] {
  const all = Array.from({ length: GROUP.last }, (_, i) => GROUP.first + i)
  return active === all.length ? all : all.filter((account) => account % senders === n)
}

/** Events and copied rows a second, `batches` by each sender. */
async function run(books: Books, { senders, active, name }: Run, batches: number) {
  const { app, clock, database } = books
  const from = clock.now()
  clock.advance(299)
  const plans = Array.from({ length: senders }, (_, n) => {
    const next = openStream(`${name}-${n}`, shareOf({ senders, active }, n), active, BATCH)
    const made = Array.from({ length: batches }, (_, i) => next(from.add({ seconds: i + 1 }).toString()))
    return { inputs: made.map((batch) => batch.map(toInput)), texts: made.map((batch) => batch.map(toLine).join('')) }
  })
  const applying = await time(() => Promise.all(plans.map(({ inputs }) => send(app, inputs))))
  await makeLike(database, 'bare_event', 'usage_event')
  const copying = await time(() => Promise.all(plans.map(({ texts }) => copyAll(books, texts))))
  clock.advance(1)
  await deduct(app, clock.now())
  const count = senders * batches * BATCH
  return { applied: (count / applying) * 1000, copied: (count / copying) * 1000 }
}

/** Sends one sender's batches, and lets go of each: what is kept in memory is garbage to collect in the measured time. */
async function send(app: App, batches: object[][]): Promise<void> {
  for (let batch; (batch = batches.shift());) {
    const results = await applyEvents(app, batch)
    const bad = results.find((result) => result.status !== 'accepted' || result.code)
    if (bad) throw new Error(`an event was not taken: ${JSON.stringify(bad)}`)
  }
}

/**
 * Events a second over HTTP of a served process, load generator and database on the same two cores. A round stops what the one before started, so that
 * no stop overtakes its start; the first, which only starts, warms up.
 */
async function overHttp(stage: Stage): Promise<Row> {
  const books = await stage.openBooks('events_http')
  try {
    await publishPrices(books.app)
    await openAccounts(books.database, GROUP)
    await settleDown(books.database)
    return rowOf(`over HTTP, ${SENDERS} clusters`, await sendAllBatches(stage, books))
  } finally {
    await books.close()
  }
}

async function sendAllBatches(stage: Stage, { app, address }: Books): Promise<number> {
  const { secret } = await transact(app, SYSTEM, (tx) =>
    createKey(tx, { name: 'bench', scope: 'platform', sources: ['bench'] }),
  )
  const headers = { authorization: `Bearer ${secret}`, 'content-type': 'application/cloudevents-batch+json' }
  const batches = Math.ceil(stage.part(160, 1) / SENDERS)
  const streams = Array.from({ length: SENDERS }, (_, n) =>
    openStream(`http-${n}`, shareOf({ senders: SENDERS, active: ACTIVE }, n), ACTIVE, batches * BATCH),
  )
  const server = await serve(address, makeFolder(stage, 'events'))
  try {
    const rounds: number[] = []
    for (let round = 0; round <= ROUNDS; round++) {
      const now = Temporal.Now.instant().toString()
      const requests = Array.from({ length: batches }, () =>
        streams.map((next) => requestOf('POST', '/v1/usage-events', headers, JSON.stringify(next(now).map(toInput)))),
      ).flat()
      rounds.push((await sendAll(server.address, requests, SENDERS)).perSecond)
    }
    return median(rounds.slice(1)) * BATCH
  } finally {
    await server.stop()
  }
}

/** The row that an event becomes, as COPY reads it. */
function toLine({ id, subject, time, account, starts }: JobEvent): string {
  const payer = accountId(account)
  const opening = starts
    ? [projectId(account, 0), userId(account, 0), 'job', 'queue:q0', id, JSON.stringify(QUANTITY)]
    : Array(6).fill('\\N')
  const type = starts ? 'started' : 'stopped'
  return `${[bucketOf(payer), payer, 'bench', id, subject, 1, type, time, ...opening, 1, time].join('\t')}\n`
}

function copyAll(books: Books, texts: readonly string[]): Promise<void> {
  return connected(books, async (client) => {
    for (const text of texts)
      await pipeline(Readable.from([text]), client.query(copyFrom('copy bare_event from stdin')))
  })
}
