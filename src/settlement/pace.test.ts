import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openTestApp } from '../../test/harness.ts'
import { openPace } from './pace.ts'

/** Four walks of ten chunks each, of which the first so many meet somebody; answers of each chunk how large it was and how many so large were under way. */
async function walk(inCompany: number) {
  const { app, close } = await openTestApp()
  const { pool } = app.database
  // Connections that have to be opened first would come one by one.
  await Promise.all(Array.from({ length: 5 }, () => pool.query('select pg_sleep(0.1)')))
  const pace = openPace(app.database)
  const chunks: { size: number; underWay: number }[] = []
  const underWay = new Map<number, number>()
  const count = (size: number, change: number) => {
    underWay.set(size, (underWay.get(size) ?? 0) + change)
    return underWay.get(size)!
  }
  const doChunk = async (size: number) => {
    const client = await pool.connect()
    const nth = chunks.push({ size, underWay: count(size, 1) })
    await client.query('select pg_sleep(0.002)')
    if (nth <= inCompany) await pool.query('select')
    count(size, -1)
    client.release()
  }
  const walkOn = async () => {
    for (let n = 0; n < 10; n++) await pace.go(1000, doChunk)
  }
  await Promise.all([walkOn(), walkOn(), walkOn(), walkOn()])
  pace.end()
  await close()
  return chunks
}

test('a walk that is alone takes large chunks, side by side', async () => {
  const chunks = await walk(0)
  assert.equal(chunks.length, 40)
  assert.ok(chunks.every(({ size }) => size === 1000))
  assert.equal(Math.max(...chunks.map(({ underWay }) => underWay)), 4)
})

test('a walk that meets others takes small chunks, one after the other, until they are gone', async () => {
  const chunks = await walk(20)
  assert.equal(chunks.length, 40)
  // The first four began before anybody came, and end meanwhile.
  const met = chunks.slice(8, 20)
  assert.deepEqual(new Set(met.map(({ size, underWay }) => `${size} ${underWay}`)), new Set(['500 1']))
  assert.deepEqual(chunks.at(-1)!.size, 1000)
})

test('a chunk that fails fails alone', async () => {
  const { app, close } = await openTestApp()
  const pace = openPace(app.database)
  await app.database.pool.query('select')
  const failed = pace.go(1000, () => Promise.reject(new Error('gone')))
  const next = pace.go(1000, async (size) => size)
  await assert.rejects(failed, /gone/)
  assert.equal(await next, 500)
  pace.end()
  await close()
})
