import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { test, type TestContext } from 'node:test'
import { parse } from 'csv-parse/sync'
import { readXlsx } from 'hucre'
import { openTestApi, type TestApi } from '../../test/api.ts'
import { CPUS, GPU, openPayer, pay, send, YUAN } from '../../test/lab.ts'
import { newId, SYSTEM, transact } from '../base/index.ts'
import { createProject } from '../identity/index.ts'
import { dueExports, finishExport, takeExport } from '../settlement/index.ts'
import { openShelf } from './api/shelf.ts'
import { runExports } from './exporter.ts'

/** What a spreadsheet, a shell and a reader from right to left could take for something else. */
const ODD = '=cmd|"x", مرحبا\t漢字 💥 <b>&amp;'

/** The API with its exporter, and a day of use in two projects of the lab. */
async function openWorld(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'corehour-exports-'))
  const api = await openTestApi({ shelfFolder: folder })
  const stopping = new AbortController()
  const running = runExports(api.app, api.shelf, stopping.signal)
  t.after(async () => {
    stopping.abort()
    await running
    await api.close()
    rmSync(folder, { recursive: true, force: true })
  })
  const { accountId, userId } = api.lab
  const odd = await transact(api.app, SYSTEM, (tx) =>
    createProject(tx, {
      projectId: newId('proj', tx.now),
      accountId,
      creatorUserId: userId,
      name: ODD.replace('\t', ' '),
    }),
  )
  await pay(api.app, accountId, 3n * YUAN)
  await send(api.app, 'one', 'started', '2026-01-01T00:00:00Z', {
    project: api.lab.projectId,
    user: userId,
    kind: 'job',
    ...CPUS,
  })
  await send(api.app, 'two', 'started', '2026-01-01T00:00:00Z', {
    project: odd.projectId,
    user: userId,
    kind: 'job',
    ...GPU,
  })
  await api.call('POST', '/v1/test-clock/advance', { key: api.keys.staff, body: { to: '2026-01-01T01:40:00Z' } })
  await send(api.app, 'one', 'stopped', '2026-01-01T01:30:07Z', { project: api.lab.projectId })
  await api.call('POST', '/v1/test-clock/advance', { key: api.keys.staff, body: { to: '2026-01-01T03:00:00Z' } })
  return { api, folder, odd }
}

async function finished(api: TestApi, exportId: string, key = api.keys.customer) {
  for (let n = 0; n < 300; n++) {
    const { body } = await api.call('GET', `/v1/exports/${exportId}`, { key })
    if (body.state === 'done' || body.state === 'failed') return body
    await sleep(50)
  }
  throw new Error('the export was never finished')
}

async function exported(api: TestApi, asked: object, key = api.keys.customer): Promise<Buffer> {
  const made = await api.call('POST', '/v1/exports', { key, body: asked })
  assert.equal(made.status, 202, JSON.stringify(made.body))
  const job = await finished(api, made.body.export_id, key)
  assert.equal(job.state, 'done')
  const file = await api.http.inject({ url: job.url })
  assert.equal(file.statusCode, 200)
  assert.equal(file.rawPayload.length, job.bytes)
  assert.match(file.headers['content-disposition'] as string, new RegExp(`filename="bill[^"]*\\.${job.format}"`))
  return file.rawPayload
}

test('the three formats hold the same rows, and add up to the totals of the same filter', async (t) => {
  const { api, odd } = await openWorld(t)
  const total = (await api.call('GET', '/v1/bill-lines/totals', { key: api.keys.customer })).body.data[0]
  const csv: Record<string, string>[] = parse(await exported(api, { format: 'csv' }), { bom: true, columns: true })
  assert.equal(csv.length, 2)
  const sum = (field: string) => csv.reduce((all, row) => all + BigInt(row[field]!), 0n)
  for (const part of ['amount', 'cash', 'unpaid']) assert.equal(String(sum(`${part}_grains`)), total[part].grains, part)
  // Three yuan pay first; what comes after is nobody's yet: 2 x 3 h + 0.2 x 5407 s
  assert.equal(sum('amount_grains'), 2_000_000n * 10_800n + 200_000n * 5407n)
  const decimals = csv.reduce((all, row) => all + Math.round(Number(row.amount) * 1e8), 0)
  assert.equal(decimals, Math.round(Number(total.amount.amount) * 1e8), 'what is read adds up, too')
  const named = csv.find((row) => row.project === odd.projectId)!
  assert.equal(named.project_name, `'${ODD.replace('\t', ' ')}`, 'no cell acts as a formula')

  const lines = (await exported(api, { format: 'jsonl' }))
    .toString()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  assert.deepEqual(
    lines.map((line) => [line.id, line.amount.grains]),
    csv.map((row) => [row.id, row.amount_grains]),
  )
  assert.ok(lines.some((line) => line.project_name === ODD.replace('\t', ' ')))

  const book = await readXlsx(new Uint8Array(await exported(api, { format: 'xlsx' })))
  const [head, ...rows] = book.sheets[0]!.rows as unknown[][]
  const column = (name: string) => head!.findIndex((each) => String(each).toLowerCase().replaceAll(' ', '_') === name)
  assert.ok(column('id') >= 0 && column('amount_grains') >= 0, JSON.stringify(head))
  assert.deepEqual(
    rows.map((row) => [row[column('id')], String(row[column('amount_grains')])]),
    csv.map((row) => [row.id, row.amount_grains]),
  )
  assert.ok(rows.some((row) => row[column('project_name')] === ODD.replace('\t', ' ')))
})

test('a bill without rows is a file with its head', async (t) => {
  const { api } = await openWorld(t)
  const none = { from: '2025-01-01', to: '2025-02-01' }
  assert.equal(parse(await exported(api, { format: 'csv', ...none })).length, 1)
  assert.equal((await exported(api, { format: 'jsonl', ...none })).length, 0)
  assert.equal(
    (await readXlsx(new Uint8Array(await exported(api, { format: 'xlsx', ...none })))).sheets[0]!.rows.length,
    1,
  )
})

test('links are signed and end; another customer finds nothing', async (t) => {
  const { api, folder } = await openWorld(t)
  const made = await api.call('POST', '/v1/exports', { key: api.keys.customer, body: { format: 'csv' } })
  const job = await finished(api, made.body.export_id)
  const open = async (url: string) => (await api.http.inject({ url })).statusCode
  assert.equal(await open(job.url), 200)
  for (const forged of [
    job.url.replace(/signature=../, 'signature=AA'),
    job.url.split('&signature')[0]!,
    job.url.replace(/expires=2026/, 'expires=2027'),
  ])
    assert.equal(await open(forged), 410, forged)
  const other = await openPayer(api.app, 'Other')
  const body = { name: 'other', scope: 'customer', user_id: other.userId }
  const key = (await api.call('POST', '/v1/api-keys', { key: api.keys.staff, body })).body.secret
  assert.equal((await api.call('GET', `/v1/exports/${job.export_id}`, { key })).status, 404)
  assert.deepEqual((await api.call('GET', '/v1/exports', { key })).body.data, [])
  api.clock.advance(16 * 60)
  assert.equal(await open(job.url), 410, 'a quarter of an hour later')
  assert.equal(await open((await finished(api, job.export_id)).url), 200, 'asked for again, it has a new one')
  api.clock.advance(24 * 3600)
  for (let n = 0; n < 100 && readdirSync(folder).length > 0; n++) await sleep(50)
  assert.deepEqual(readdirSync(folder), [], 'a day later the file is gone')
})

test('what a killed server was writing begins anew, and the slow writer of before finishes nothing', async (t) => {
  const api = await openTestApi()
  t.after(() => api.close())
  const { app, clock } = api
  await api.call('POST', '/v1/exports', { key: api.keys.customer, body: { format: 'csv' } })
  const take = () =>
    transact(app, SYSTEM, async (tx) => {
      const [due] = await dueExports(tx, 1)
      return due && takeExport(tx, due)
    })
  const slow = await take()
  assert.equal(slow?.state, 'running')
  assert.equal(await take(), undefined, 'it is taken')
  clock.advance(61)
  const next = await take()
  assert.equal(next?.exportId, slow!.exportId)
  const file = { rows: 0n, bytes: 1n }
  assert.equal(await transact(app, SYSTEM, (tx) => finishExport(tx, slow!, file)), false)
  assert.equal(await transact(app, SYSTEM, (tx) => finishExport(tx, next!, file)), true)
})

test('a shelf knows its own links only', () => {
  const clock = { now: () => Temporal.Instant.from('2026-01-01T00:00:00Z') }
  const link = new URL(openShelf('/x', 'secret', clock).sign('exp_1', clock.now().add({ seconds: 60 })), 'http://x')
  const [expires, signature] = ['expires', 'signature'].map((name) => link.searchParams.get(name)!)
  assert.equal(openShelf('/y', 'secret', clock).isSigned('exp_1', expires!, signature!), true)
  assert.equal(openShelf('/x', 'other', clock).isSigned('exp_1', expires!, signature!), false)
  assert.equal(openShelf('/x', 'secret', clock).isSigned('exp_2', expires!, signature!), false)
})
