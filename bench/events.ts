import { pipeline } from 'node:stream/promises'
import { Readable } from 'node:stream'
import { from as copyFrom } from 'pg-copy-streams'
import { bucketOf, type App } from '../src/base/index.ts'
import { applyEvents } from '../src/metering/index.ts'
import { deduct } from '../src/settlement/index.ts'
import { connected, makeLike } from './floor.ts'
import { time, type Row } from './measure.ts'
import type { Books, Stage } from './stage.ts'
import {
  accountId,
  addSpans,
  openAccounts,
  projectId,
  publishPrices,
  QUANTITY,
  settleDown,
  userId,
  type Group,
} from './world.ts'

const SENDERS = [1, 2, 4]
const BATCH = 1000
/** In one run; a second lies between two, so that all of a run lies within five minutes. */
const BATCHES = 120
const TARGET = 40_000

type Event = { id: string; subject: string; time: string; account: number; starts: boolean }

/**
 * Usage events, half starts and half stops, in durable batches of 1000 over 1,000 accounts; every sender's batches touch most of
 * them. Beside it, COPY of as many rows in as many durable batches into a table like that of the events.
 */
export async function events(stage: Stage): Promise<Row[]> {
  const books = await stage.openBooks('events')
  try {
    const group = { first: 1, last: stage.part(1000, 50), projects: 1, users: 1, queues: 4 }
    await publishPrices(books.app)
    await openAccounts(books.database, group)
    await addSpans(books.app, group, 0, stage.part(99, 0))
    await settleDown(books.database)
    await run(books, group, 1, stage.part(10, 1)) // warms up
    const rows: Row[] = []
    for (const senders of SENDERS) {
      const { applied, copied } = await run(books, group, senders, Math.ceil(stage.part(BATCHES, 2) / senders))
      rows.push({
        name: `events in batches of ${BATCH}, ${senders} ${senders === 1 ? 'sender' : 'senders'}`,
        value: applied,
        unit: 'events/s',
        floor: { is: 'COPY', value: copied },
        target: { text: `>= ${TARGET.toLocaleString('en')}`, met: applied >= TARGET },
      })
    }
    return rows
  } finally {
    await books.close()
  }
}

/** Events and copied rows a second, `batches` by each sender. */
async function run(books: Books, group: Group, senders: number, batches: number) {
  const { app, clock, database } = books
  const from = clock.now()
  clock.advance(299)
  const plans = Array.from({ length: senders }, (_, n) => {
    const made = makeBatches(group, `${from}-${n}`, from, batches)
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

/** The first batch starts jobs, every other one as many as it stops, oldest first; a second lies between two batches. */
function makeBatches(group: Group, sender: string, from: Temporal.Instant, count: number): Event[][] {
  const running: Event[] = []
  let serial = 0
  return Array.from({ length: count }, (_, n) => {
    const time = from.add({ seconds: n + 1 }).toString()
    return Array.from({ length: BATCH }, (_, i) => {
      const ended = n > 0 && i % 2 === 1 ? running.shift() : undefined
      if (ended) return { ...ended, id: `stop-${ended.subject}`, time, starts: false }
      const subject = `${sender}-${++serial}`
      // A prime stride: neighbours in a batch are not neighbours in the books.
      const started = {
        id: `start-${subject}`,
        subject,
        time,
        account: 1 + ((serial * 379) % group.last),
        starts: true,
      }
      running.push(started)
      return started
    })
  })
}

function toInput({ id, subject, time, account, starts }: Event): object {
  const type = `corehour.usage.${starts ? 'started' : 'stopped'}`
  const opening = starts && { user: userId(account, 0), kind: 'job', sku: 'queue:q0', quantity: QUANTITY }
  return {
    specversion: '1.0',
    source: 'bench',
    id,
    subject,
    time,
    type,
    data: { project: projectId(account, 0), ...opening },
  }
}

/** The row that an event becomes, as COPY reads it. */
function toLine({ id, subject, time, account, starts }: Event): string {
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
