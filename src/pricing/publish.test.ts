import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Refusal, transact, type App, type Tx } from '../base/index.ts'
import { openTestApp, type TestApp } from '../../test/harness.ts'
import {
  listPriceLists,
  loadPrices,
  priceAt,
  priceOf,
  pricingInvariants,
  publishPriceList,
  type PriceBook,
} from './index.ts'

const STAFF = { kind: 'staff', id: 'ada' } as const
const at = (text: string) => Temporal.Instant.from(text)

function list(effective_at: string, machines: Record<string, string>, currency = 'CNY') {
  return {
    currency,
    effective_at,
    machines,
    queues: { '*': { cpu_hour: '0.05', gpu_hour: '2' }, big: { cpu_hour: '0.07' } },
  }
}
function inside<T>(app: App, work: (tx: Tx) => Promise<T>): Promise<T> {
  return transact(app, STAFF, work)
}
const publish = (app: App, document: unknown) => inside(app, (tx) => publishPriceList(tx, document))
const load = (app: App, currency = 'CNY') => inside(app, (tx) => loadPrices(tx, currency))
const refused = (code: Refusal['code']) => (error: unknown) => error instanceof Refusal && error.code === code
const perHour = (book: PriceBook, sku: string, instant: string) =>
  priceAt(book, sku, at(instant))?.unitPrices.machine_hour

async function withApp(start: string, work: (opened: TestApp) => Promise<void>): Promise<void> {
  const opened = await openTestApp({ at: start })
  try {
    await work(opened)
    for (const { name, sql } of pricingInvariants) {
      assert.deepEqual(await inside(opened.app, (tx) => tx.query({ text: sql })), [], name)
    }
  } finally {
    await opened.close()
  }
}

test('a price holds from its own microsecond to the one before the next', () =>
  withApp('2026-03-01T00:00:00Z', async ({ app, clock }) => {
    await publish(app, list('2026-01-01T00:00:00Z', { a: '0.4', b: '1' }))
    await publish(app, list('2026-04-01T00:00:00Z', { a: '0.5' }))
    await publish(app, list('2026-05-01T00:00:00.000001Z', { a: '0.6', b: '2' }))
    const book = await load(app)
    assert.equal(perHour(book, 'machine:a', '2025-12-31T23:59:59.999999Z'), undefined)
    assert.equal(perHour(book, 'machine:a', '2026-01-01T00:00:00Z'), 400_000n)
    assert.equal(perHour(book, 'machine:a', '2026-03-31T23:59:59.999999Z'), 400_000n)
    assert.equal(perHour(book, 'machine:a', '2026-04-01T00:00:00Z'), 500_000n)
    assert.equal(perHour(book, 'machine:a', '2026-05-01T00:00:00Z'), 500_000n)
    assert.equal(perHour(book, 'machine:a', '2026-05-01T00:00:00.000001Z'), 600_000n)
    assert.equal(perHour(book, 'machine:a', '2999-01-01T00:00:00Z'), 600_000n)
    // b was taken off sale in April, and came back.
    assert.equal(perHour(book, 'machine:b', '2026-03-31T23:59:59Z'), 1_000_000n)
    assert.equal(perHour(book, 'machine:b', '2026-04-15T00:00:00Z'), undefined)
    assert.equal(perHour(book, 'machine:b', '2026-05-02T00:00:00Z'), 2_000_000n)
    clock.set('2026-06-01T00:00:00Z')
    assert.equal(await load(app), book, 'time alone loads nothing again')
  }))

test('a queue that the list does not name has the price of *', () =>
  withApp('2026-01-01T00:00:00Z', async ({ app }) => {
    await publish(app, list('2026-01-01T00:00:00Z', {}))
    const book = await load(app)
    const price = (sku: string) => priceAt(book, sku, at('2026-01-02T00:00:00Z'))
    assert.equal(price('queue:big')?.sku, 'queue:big')
    assert.equal(price('queue:other')?.sku, 'queue:*')
    assert.equal(price('queue:*')?.sku, 'queue:*')
    assert.deepEqual(price('queue:other')?.unitPrices, { cpu_hour: 50_000n, gpu_hour: 2_000_000n, gb_hour: 0n })
    for (const sku of ['queue:', 'queue', '*', '', 'machine:*', 'machine:other', 'cow:*', 'storage:personal']) {
      assert.equal(price(sku), undefined, sku)
    }
  }))

test('the same list again gives the one that stands, also later; another one is refused', () =>
  withApp('2026-01-01T00:00:00Z', async ({ app, clock }) => {
    const first = await publish(app, list('2026-01-01T00:00:00Z', { a: '0.4', b: '1' }))
    assert.deepEqual(await publish(app, list('2026-01-01T08:00:00+08:00', { b: '1.0', a: '0.40' })), first)
    clock.advance(86_400)
    assert.deepEqual(await publish(app, list('2026-01-01T00:00:00Z', { a: '0.4', b: '1' })), first)
    await assert.rejects(publish(app, list('2026-01-01T00:00:00Z', { a: '0.4' })), refused('price_list_exists'))
    assert.deepEqual(await inside(app, (tx) => listPriceLists(tx, 'CNY')), [first])
    assert.equal(first.publishedBy, 'staff:ada')
  }))

test('only the first list of a currency takes effect in the past', () =>
  withApp('2026-03-01T00:00:10.5Z', async ({ app }) => {
    await publish(app, list('1970-01-01T00:00:00Z', { a: '1' }))
    await assert.rejects(publish(app, list('2026-03-01T00:00:09.999999Z', { a: '2' })), refused('price_list_in_past'))
    await publish(app, list('2026-03-01T00:00:10Z', { a: '2' }))
    await publish(app, list('2020-01-01T00:00:00Z', { a: '3' }, 'USD'))
    await assert.rejects(publish(app, list('2021-01-01T00:00:00Z', { a: '4' }, 'USD')), refused('price_list_in_past'))
    assert.equal(perHour(await load(app), 'machine:a', '2026-03-02T00:00:00Z'), 2_000_000n)
    assert.equal(perHour(await load(app, 'USD'), 'machine:a', '2026-03-02T00:00:00Z'), 3_000_000n)
    assert.deepEqual((await load(app, 'EUR')).lists, [])
  }))

test('a refused list leaves nothing behind', () =>
  withApp('2026-01-01T00:00:00Z', async ({ app }) => {
    await assert.rejects(publish(app, list('2026-01-01T00:00:00Z', { a: '1e3' })), refused('bad_price_list'))
    await assert.rejects(
      inside(app, async (tx) => {
        await publishPriceList(tx, list('2026-01-01T00:00:00Z', { a: '1' }))
        assert.equal((await loadPrices(tx, 'CNY')).lists.length, 1)
        throw new Error('the work around it fails')
      }),
    )
    const book = await load(app)
    assert.deepEqual(book.lists, [])
    assert.equal(priceAt(book, 'machine:a', at('2026-01-02T00:00:00Z')), undefined)
  }))

test('the book is kept until a list is published, and finds pinned prices of every version', () =>
  withApp('2026-01-01T00:00:00Z', async ({ app }) => {
    await publish(app, list('2026-01-01T00:00:00Z', { a: '1' }))
    const before = await load(app)
    assert.equal(await load(app), before)
    const pinned = priceAt(before, 'machine:a', at('2026-01-01T00:00:00Z'))!
    await publish(app, list('2026-01-02T00:00:00Z', { a: '2' }))
    const after = await load(app)
    assert.equal(after.lists.length, 2)
    assert.equal(priceOf(after, pinned.priceId), pinned)
    assert.equal(priceOf(after, 'price_other'), undefined)
  }))

test('two at once for one instant: one stands, the other is refused', () =>
  withApp('2026-01-01T00:00:00Z', async ({ app }) => {
    const tries = Array.from({ length: 8 }, (_, i) => publish(app, list('2026-02-01T00:00:00Z', { a: String(i) })))
    const results = await Promise.allSettled(tries)
    const failed = results.filter((result) => result.status === 'rejected')
    assert.equal(failed.length, 7)
    for (const { reason } of failed) assert(refused('price_list_exists')(reason), String(reason))
    assert.equal((await load(app)).lists.length, 1)
  }))

test('the same list eight times at once is published once', () =>
  withApp('2026-01-01T00:00:00Z', async ({ app }) => {
    const same = await Promise.all(
      Array.from({ length: 8 }, () => publish(app, list('2026-02-01T00:00:00Z', { a: '1' }))),
    )
    assert.equal(new Set(same.map((each) => each.priceListId)).size, 1)
  }))

test('two first lists at once in the past: one is not first any more', () =>
  withApp('2026-03-01T00:00:00Z', async ({ app }) => {
    const days = ['01', '02', '03', '04']
    const results = await Promise.allSettled(
      days.map((day) => publish(app, list(`2026-01-${day}T00:00:00Z`, { a: '1' }))),
    )
    const failed = results.filter((result) => result.status === 'rejected')
    assert.equal(failed.length, 3)
    for (const { reason } of failed) assert(refused('price_list_in_past')(reason), String(reason))
  }))
