import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openTestApp } from '../../test/harness.ts'
import { CPUS, openLab, openPayer } from '../../test/lab.ts'
import { bucketOf, query, type App } from '../base/index.ts'
import { applyEvents } from './index.ts'

type Payer = Awaited<ReturnType<typeof openPayer>>

/** Two accounts of one lane, and two calls that share a transaction: a third one has the lane while they come. */
async function openShared() {
  const opened = await openTestApp()
  const { app, clock } = opened
  const lab = await openLab(app)
  let other = await openPayer(app, 'Other')
  while (bucketOf(other.accountId) % 4 !== bucketOf(lab.accountId) % 4) other = await openPayer(app, 'Other')
  clock.set('2026-12-31T00:00:00Z')
  // Whose account it is must be known already, or they would ask for it first and come one after the other.
  await applyEvents(app, [start(lab, 'known'), start(other, 'known')])
  const together = async (one: object[], another: object[]) => {
    const first = applyEvents(app, [start(lab, `before-${++serial}`)])
    const both = await Promise.allSettled([applyEvents(app, one), applyEvents(app, another)])
    await first
    return both.map((each) => (each.status === 'fulfilled' ? each.value.map(({ status }) => status) : 'failed'))
  }
  return { ...opened, lab, other, together }
}

let serial = 0

function start({ projectId, userId }: Payer, subject: string, data: object = {}) {
  const opening = { project: projectId, user: userId, kind: 'job', ...CPUS, ...data }
  return event('started', subject, '2026-12-30T12:00:00Z', opening)
}

function stop({ projectId }: Payer, subject: string) {
  return event('stopped', subject, '2026-12-30T13:00:00Z', { project: projectId })
}

function event(type: string, subject: string, time: string, data: object) {
  const id = `${type}-${subject}-${++serial}`
  return { specversion: '1.0', source: 'lab', id, type: `corehour.usage.${type}`, subject, time, data }
}

async function transactions(app: App): Promise<number> {
  const [row] = await query(app.database.pool, { text: 'select count(distinct xmin::text)::int as n from usage_event' })
  return row!.n
}

test('what comes while a lane is busy goes together', async () => {
  const { app, close, lab, other, together } = await openShared()
  const before = await transactions(app)
  const answers = await together([start(lab, 'a'), start(lab, 'b')], [start(other, 'c')])
  assert.deepEqual(answers, [['accepted', 'accepted'], ['accepted']])
  // The one that had the lane, and these.
  assert.equal((await transactions(app)) - before, 2)
  await close()
})

test('the same event from two senders at once is one, and the other is told so', async () => {
  const { close, lab, together } = await openShared()
  const same = start(lab, 'same')
  assert.deepEqual(await together([same], [same]), [['accepted'], ['duplicate']])
  await close()
})

test('nobody is refused for what the books cannot hold of another', async () => {
  const { close, lab, other, together } = await openShared()
  const huge = Array.from({ length: 3 }, (_, i) => {
    const { data, ...rest } = start(lab, `huge-${i}`, { quantity: { cpu: '2000000' } })
    return { ...rest, data, time: '2026-01-01T00:00:00Z' }
  })
  const answers = await together(huge, [start(other, 'small')])
  assert.deepEqual(answers, [['accepted', 'accepted', 'refused'], ['accepted']])
  await close()
})

test('nobody fails for the broken books of another', async () => {
  const { app, close, lab, other, together } = await openShared()
  await applyEvents(app, [start(lab, 'broken'), start(other, 'sound')])
  const move = (by: string) =>
    query(app.database.pool, {
      text: `update usage_span set started_at = started_at + interval '${by}' where subject = 'broken'`,
    })
  await move('1 s')
  assert.deepEqual(await together([stop(lab, 'broken')], [stop(other, 'sound')]), ['failed', ['accepted']])
  await move('-1 s')
  await close()
})
