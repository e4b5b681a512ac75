import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { parse } from 'csv-parse/sync'
import { readXlsx } from 'hucre/xlsx'
import { openTestApp } from '../../../test/harness.ts'
import { CPUS, GPU, openLab, openPayer, pass, pay, send, YUAN } from '../../../test/lab.ts'
import {
  type App,
  formatGrains,
  newId,
  parseDecimal,
  scaleDecimal,
  snapshot,
  SYSTEM,
  transact,
} from '../../base/index.ts'
import { addMember, createUser } from '../../identity/index.ts'
import type { BillFilter } from '../billFilter.ts'
import { billTotals } from '../bills.ts'
import { billDetails, type BillDetail } from '../details.ts'
import { charge } from '../index.ts'
import type { ExportFormat } from './exportStore.ts'
import { openRows } from './rows.ts'
import { openSink } from './sink.ts'
import { writeDetails } from './write.ts'
import { openXlsx } from './xlsx.ts'

const PARTS = ['amount', 'cash', 'granted', 'unpaid'] as const
const folder = mkdtempSync(join(tmpdir(), 'corehour-write-'))
after(() => rmSync(folder, { recursive: true }))

type Cells = Record<string, unknown>

async function write(app: App, filter: BillFilter, format: ExportFormat): Promise<string> {
  const path = join(folder, `bill.${format}`)
  const { rows, bytes } = await snapshot(app, SYSTEM, (tx) =>
    writeDetails(billDetails(tx, filter), format, path, app.timeZone),
  )
  assert.equal(bytes, readFileSync(path).length)
  assert.equal((await read(path, format)).length, rows)
  return path
}

/** A file's rows by an independent reader, under the names of the CSV's columns. */
async function read(path: string, format: ExportFormat): Promise<Cells[]> {
  if (format === 'csv') return parse(readFileSync(path), { columns: true, bom: true })
  if (format === 'jsonl') {
    const lines = readFileSync(path, 'utf8').split('\n')
    assert.equal(lines.pop(), '')
    return lines.map((line) => flat(JSON.parse(line)))
  }
  const { sheets } = await readXlsx(readFileSync(path))
  return sheets.flatMap(({ rows: [head, ...rows] }) => rows.map((row) => toCells(head as string[], row)))
}

function toCells(head: readonly string[], row: readonly unknown[]): Cells {
  return Object.fromEntries(head.map((name, n) => [name.replace(/ \(.*/, ''), row[n] ?? '']))
}

function flat(row: any): Cells {
  const { account_id: account, project_id: project, user_id: user, subject: job, price_id: price, ...rest } = row
  const parts = [...PARTS, 'pending'].flatMap((part) => [
    [part, row[part].amount],
    [`${part}_grains`, row[part].grains],
  ])
  return { ...rest, account, project, user, job, price, ...Object.fromEntries(parts) }
}

/** A wordy world: names and jobs that break formats, a grant, cash and arrears, a charge and a correction. */
async function openWorld() {
  const opened = await openTestApp({ at: '2026-01-31T12:00:00Z' })
  const { app, clock } = opened
  const lab = await openLab(app)
  const other = await openPayer(app, 'Ünïted, "Labs" 株式会社 😀 עברית & <Co>')
  const member = await transact(app, SYSTEM, async (tx) => {
    const { userId } = await createUser(tx, {
      userId: newId('user', tx.now),
      accountId: lab.accountId,
      name: '=HYPERLINK("http://x")',
    })
    await addMember(tx, { projectId: other.projectId, userId, role: 'member' })
    return userId
  })
  await pay(app, other.accountId, (YUAN / 100n) * 14n, { expiresAt: '2026-03-01T00:00:00Z' })
  await pay(app, other.accountId, (YUAN / 100n) * 33n)
  await transact(app, SYSTEM, (tx) =>
    charge(tx, { ...other, chargeId: 'c', kind: 'storage', sku: 'storage:personal', amount: YUAN / 13n }),
  )
  const jobs = ['=cmd()', '@sum', '工作, "one"', '-dash', ' blank ', '_x0041_', '😀‮rtl', "it's & <b>"]
  for (const [n, job] of jobs.entries()) {
    const data = { project: other.projectId, user: n % 2 ? member : other.userId, kind: 'job', ...(n % 3 ? CPUS : GPU) }
    await send(app, job, 'started', '2026-01-31T12:00:00Z', data)
  }
  await pass(app, clock, '2026-01-31T15:20:00Z')
  for (const job of jobs.slice(0, 6)) await send(app, job, 'stopped', '2026-01-31T15:20:00Z')
  await pass(app, clock, '2026-01-31T18:00:00Z')
  clock.set('2026-01-31T18:00:10Z')
  await send(app, jobs[0]!, 'stopped', '2026-01-31T12:30:00Z')
  return { ...opened, lab, other, member, jobs }
}

test('each format holds the whole bill: names, times, price, and sums to the grain in every view', async () => {
  const { app, other, member, lab, close } = await openWorld()
  const views: BillFilter[] = [
    { of: { accountId: other.accountId } },
    { of: { accountId: other.accountId }, to: Temporal.PlainDate.from('2026-02-01') },
    { of: { accountId: other.accountId }, skus: ['queue:gpu'], userIds: [member] },
    { of: { userId: other.userId, tab: 'created' } },
    { of: { userId: member, tab: 'joined' } },
    { of: { accountId: lab.accountId } },
  ]
  for (const filter of views) {
    const [total] = await snapshot(app, SYSTEM, (tx) => billTotals(tx, filter, 'none'))
    for (const format of ['csv', 'xlsx', 'jsonl'] as const) {
      const rows = await read(await write(app, filter, format), format)
      for (const part of PARTS) {
        const grains = rows.reduce((sum, row) => sum + BigInt(row[`${part}_grains`] as string), 0n)
        assert.equal(grains, total?.[part] ?? 0n, `${format} ${part}`)
        const places = (value: unknown) => scaleDecimal(parseDecimal(String(value))!, 8)!
        // A spreadsheet's numbers are doubles; these are small enough to be exact to the eighth place.
        const shown = rows.reduce((sum, row) => sum + places(Number(row[part]).toFixed(8)), 0n)
        assert.equal(shown, places(formatGrains(grains)), `${format} ${part}`)
      }
    }
  }
  await close()
})

test('the same row in each format, with its odd texts as they are', async () => {
  const { app, other, member, jobs, close } = await openWorld()
  const filter: BillFilter = { of: { accountId: other.accountId } }
  const harmless = (text: string) => (/^[=@+-]/.test(text) ? `'${text}` : text)
  const all = await Promise.all(
    (['csv', 'jsonl'] as const).map(async (format) => read(await write(app, filter, format), format)),
  )
  const [csv, jsonl] = all as [Cells[], Cells[]]
  const xlsx = await read(await write(app, filter, 'xlsx'), 'xlsx')
  const texts = ['type', 'id', 'account', 'project', 'user', 'kind', 'sku', 'currency', 'seconds', 'price'] as const
  for (const [n, row] of csv.entries()) {
    for (const name of texts) {
      if (name !== 'currency') assert.equal(String(jsonl[n]![name] ?? ''), row[name], name)
      assert.equal(String(xlsx[n]![name]), row[name], name)
    }
    for (const name of ['job', 'account_name', 'project_name', 'user_name']) {
      assert.equal(row[name], harmless(String(jsonl[n]![name] ?? '')), name)
      assert.equal(xlsx[n]![name], jsonl[n]![name] ?? '', name)
    }
  }
  assert.deepEqual(new Set(jsonl.map((row) => row.job)), new Set([...jobs, null]))
  assert.ok(csv.some((row) => row.user === member && row.user_name === `'=HYPERLINK("http://x")`))
  const types = (rows: Cells[]) => rows.map((row) => row.type)
  assert.deepEqual(types(csv), ['charge', ...jobs.map(() => 'use'), 'correction'])
  // In the operator's zone, eight hours ahead; the last two run on, the first was stopped late.
  const long = csv.findIndex((row) => row.job === '😀‮rtl')
  assert.deepEqual(
    [csv[long]!.started_at, csv[long]!.ended_at, csv[long]!.billed_to, csv[long]!.seconds],
    ['2026-01-31T12:00:00Z', '', '2026-01-31T18:00:00Z', '21600'],
  )
  assert.deepEqual(
    [xlsx[long]!.started_at, xlsx[long]!.ended_at, xlsx[long]!.billed_to],
    [new Date('2026-01-31T20:00:00Z'), '', new Date('2026-02-01T02:00:00Z')],
  )
  assert.deepEqual([csv[long]!.unit_price, xlsx[long]!.unit_price], ['2.000000', 2])
  assert.deepEqual(jsonl[long]!.per_hour, { currency: 'CNY', amount: '2.000000', grains: '7200000000' })
  assert.ok(Number(csv.at(-1)!.pending) < 0)
  await close()
})

test('a CSV is for spreadsheets: a mark, their line ends, names first', async () => {
  const { app, other, close } = await openWorld()
  const text = readFileSync(await write(app, { of: { accountId: other.accountId } }, 'csv'), 'utf8')
  assert.ok(text.startsWith('\uFEFFtype,id,account,account_name,project,'))
  assert.equal(text.split('\r\n').length, 12)
  assert.equal(text.replaceAll('\r\n', '').includes('\n'), false)
  await close()
})

test('an empty bill has its header and no row', async () => {
  const { app, close } = await openTestApp()
  const { accountId } = await openLab(app)
  for (const format of ['csv', 'xlsx', 'jsonl'] as const) {
    assert.deepEqual(await read(await write(app, { of: { accountId } }, format), format), [])
  }
  const { sheets } = await readXlsx(readFileSync(join(folder, 'bill.xlsx')))
  assert.deepEqual([sheets.length, sheets[0]!.rows[0]!.length], [1, 31])
  await close()
})

test('a workbook has sheets of so many rows, each with its names, and loses none', async () => {
  const details: BillDetail[] = Array.from({ length: 25 }, (_, n) => madeUp(n))
  const path = join(folder, 'sheets.xlsx')
  const sink = await openSink(path)
  const workbook = await openXlsx(sink, 'Asia/Shanghai', 10)
  const rows = openRows()(details)
  await workbook.write(rows.slice(0, 7))
  await workbook.write(rows.slice(7))
  await workbook.finish()
  await sink.close()
  const { sheets } = await readXlsx(readFileSync(path))
  assert.deepEqual(
    sheets.map(({ name, rows }) => [name, rows.length, rows[0]![0]]),
    [
      ['Bill', 11, 'type'],
      ['Bill 2', 11, 'type'],
      ['Bill 3', 6, 'type'],
    ],
  )
  assert.deepEqual(
    sheets.flatMap(({ rows }) => rows.slice(1).map((row) => row[1])),
    details.map(({ id }) => id),
  )
})

test('what XML can not hold comes back as it was', async () => {
  const subject = 'bell\u0007 line\r\nend _x0007_ \uFFFE tab\t'
  const path = join(folder, 'odd.xlsx')
  const sink = await openSink(path)
  const workbook = await openXlsx(sink, 'UTC')
  await workbook.write(openRows()([{ ...madeUp(1), subject }]))
  await workbook.finish()
  await sink.close()
  const { sheets } = await readXlsx(readFileSync(path))
  const unescape = (text: string) =>
    text.replaceAll(/_x([0-9A-F]{4})_/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
  const read = String(sheets[0]!.rows[1]![11])
  assert.equal(read === subject ? read : unescape(read), subject)
})

test('a failure in the middle leaves no file', async () => {
  const path = join(folder, 'broken.csv')
  async function* broken() {
    yield [madeUp(1)]
    throw new Error('the database went away')
  }
  for (const format of ['csv', 'xlsx'] as const)
    await assert.rejects(writeDetails(broken(), format, path, 'UTC'), /went away/)
  assert.equal(existsSync(path), false)
  await assert.rejects(writeDetails(broken(), 'csv', join(folder, 'nowhere', 'x.csv'), 'UTC'), { code: 'ENOENT' })
})

function madeUp(n: number): BillDetail {
  const names = { accountName: 'A', projectName: 'P', userName: 'U' }
  const key = {
    accountId: 'acct_1',
    currency: 'CNY',
    projectId: 'proj_1',
    userId: 'user_1',
    kind: 'job',
    sku: 'queue:q',
  }
  const money = { amount: BigInt(n), cash: BigInt(n), granted: 0n, unpaid: 0n, pending: 0n }
  const times = { startedAt: n, endedAt: n + 1, billedFrom: n, billedTo: n + 1, seconds: 1 }
  const run = { source: 'lab', subject: `job-${n}`, run: 1, priceId: 'price_1', rate: 1n }
  return { type: 'use', id: `span_${n}`, key: { ...key, ...names }, ...run, ...times, ...money }
}
