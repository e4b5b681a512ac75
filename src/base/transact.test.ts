import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { openTestApp } from '../../test/harness.ts'
import { glance, query, SYSTEM, transact, type Tx } from './index.ts'

const ADD = { name: 'add-mark', text: 'insert into mark (id) values ($1)' }

async function open(t: TestContext) {
  const { app, close } = await openTestApp()
  t.after(close)
  await query(app.database.pool, { text: 'create table mark (id integer primary key check (id > 0))' })
  const marks = async () =>
    (await query(app.database.pool, { text: 'select id from mark order by id' })).map(({ id }) => id)
  return { app, marks, inside: <T>(work: (tx: Tx) => Promise<T>) => transact(app, SYSTEM, work) }
}

test('what is sent is done in its order, seen by what is asked after it, and committed', async (t) => {
  const { marks, inside } = await open(t)
  const seen = await inside(async (tx) => {
    tx.send(ADD, [1])
    const before = tx.query({ text: 'select count(*)::int as n from mark' })
    tx.send(ADD, [2])
    return before
  })
  assert.deepEqual([seen, await marks()], [[{ n: 1 }], [1, 2]])
})

test('what is sent and fails is told by its own fault, and nothing stays', async (t) => {
  const { marks, inside } = await open(t)
  const last = inside(async (tx) => {
    tx.send(ADD, [1])
    tx.send(ADD, [0])
  })
  await assert.rejects(last, { code: '23514' })
  const asked = inside(async (tx) => {
    tx.send(ADD, [1])
    tx.send(ADD, [1])
    await tx.query(ADD, [2])
  })
  await assert.rejects(asked, { code: '23505' })
  assert.deepEqual(await marks(), [])
})

test('a fault that the work passes over is no success', async (t) => {
  const { marks, inside } = await open(t)
  const work = inside(async (tx) => {
    await tx.query(ADD, [1])
    await tx.query(ADD, [0]).catch(() => {})
  })
  await assert.rejects(work, /passed over/)
  assert.deepEqual(await marks(), [])
})

test('work that ends by its own fault undoes what it has sent', async (t) => {
  const { app, marks, inside } = await open(t)
  const work = inside(async (tx) => {
    tx.send(ADD, [1])
    throw new Error('enough')
  })
  await assert.rejects(work, /enough/)
  await assert.rejects(
    glance(app, SYSTEM, async (tx) => tx.send(ADD, [1])),
    /only a transaction writes/,
  )
  assert.deepEqual(await marks(), [])
})
