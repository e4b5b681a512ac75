import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { parse } from 'csv-parse/sync'
import { openTestDatabase } from '../../test/harness.ts'
import { dataFolder } from '../../test/process.ts'
import { query, type Database } from '../base/index.ts'
import { command } from './command.ts'
import { CHECKOUT } from './config.ts'

const TRACE = join(CHECKOUT, 'examples/trace.psv')
const PRICES = join(CHECKOUT, 'examples/prices.json')
const folder = mkdtempSync(join(tmpdir(), 'corehour-command-'))
after(() => rmSync(folder, { recursive: true }))
// Nothing here may find the books of this checkout.
process.env.COREHOUR_DATA = join(folder, 'data')

async function run(...args: string[]): Promise<{ status: number; out: string; note: string }> {
  const said = { out: '', note: '' }
  const status = await command(args, {
    out: (text) => void (said.out += text),
    note: (text) => void (said.note += text),
    watched: false,
  })
  return { status, ...said }
}

function file(name: string, content: string | Buffer): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

function addressOf(database: Database): string {
  return (database.pool as unknown as { options: { connectionString: string } }).options.connectionString
}

/** The committed trace replayed into a database, which is dropped when the test ends. */
async function replayed(
  context: { after(work: () => Promise<void>): void },
  ...more: string[]
): Promise<{ address: string; out: string }> {
  const database = await openTestDatabase()
  context.after(() => database.close())
  const address = addressOf(database)
  const { status, out, note } = await run('replay', TRACE, '--prices', PRICES, '--database', address, ...more)
  assert.equal(status, 0, note)
  return { address, out }
}

test('--json is one object: counts, exact money beside decimals whose columns add up, the audit', async (t) => {
  const { out } = await replayed(t, '--json', '--credit', '0.01')
  const { seconds, audit, accounts, ...rest } = JSON.parse(out)
  assert.equal(typeof seconds, 'number')
  assert.equal(audit.violations, 0)
  assert.ok(audit.checked > 30)
  assert.deepEqual(rest, {
    file: 'trace.psv',
    format: 'sacct',
    rows: 12,
    spans: 12,
    skipped: {},
    skipped_rows: [],
    first: '2026-11-22T22:07:17Z',
    last: '2026-11-22T22:08:43Z',
    prices_from: '2026-01-01T00:00:00Z',
    deductions: 2,
    currency: 'CNY',
    charged: '0.02140473',
    charged_grains: '77057029',
    kept: false,
  })
  assert.deepEqual(
    accounts.map(({ account, ...figures }: Record<string, string>) => [account!.slice(0, 5), figures]),
    [
      [
        'acct_',
        {
          name: 'beta',
          charged: '0.01957140',
          charged_grains: '70457029',
          balance: '-0.00957140',
          balance_grains: '-34457029',
          arrears: '0.00957140',
          arrears_grains: '34457029',
        },
      ],
      [
        'acct_',
        {
          name: 'acme',
          charged: '0.00183333',
          charged_grains: '6600000',
          balance: '0.00816667',
          balance_grains: '29400000',
          arrears: '0.00000000',
          arrears_grains: '0',
        },
      ],
    ],
  )
})

test('rows that are not charged are counted by reason and named, in both languages', async (t) => {
  const database = await openTestDatabase()
  t.after(() => database.close())
  const [header] = readFileSync(TRACE, 'utf8').split('\n')
  const names = header!.split('|')
  const row = (fields: Record<string, string>) =>
    names
      .map(
        (name) =>
          ({
            User: 'ada',
            Account: 'p',
            Partition: 'cpu',
            Start: '1767240000',
            ElapsedRaw: '10',
            AllocTRES: 'cpu=1',
            ...fields,
          })[name] ?? '',
      )
      .join('|')
  const path = file(
    'odd.psv',
    [
      header,
      row({ JobID: '1' }),
      row({ JobID: '1.batch' }),
      row({ JobID: '2', ElapsedRaw: '0' }),
      row({ JobID: '3', AllocTRES: 'cpu=1,mem=1536K' }),
      row({ JobID: '4', AllocTRES: 'cpu=many' }),
      'rubbish',
    ].join('\n'),
  )
  const { status, out } = await run(
    'replay',
    path,
    '--prices',
    PRICES,
    '--database',
    addressOf(database),
    '--json',
    '--lang',
    'zh',
  )
  assert.equal(status, 0)
  const { spans, skipped, skipped_rows: named } = JSON.parse(out)
  assert.deepEqual([spans, skipped], [1, { step: 1, never_ran: 1, bad_quantity: 1, broken_row: 2 }])
  assert.deepEqual(
    named.map(({ line, reason }: { line: number; reason: string }) => [line, reason]),
    [
      [3, 'step'],
      [4, 'never_ran'],
      [5, 'bad_quantity'],
      [6, 'broken_row'],
      [7, 'broken_row'],
    ],
  )
  assert.match(named[2].detail, /数量 gb=0.00146484375 不可用/)
})

test('the summary and the bill for a reader', async (t) => {
  const { address, out } = await replayed(t)
  assert.match(out, /^Trace +trace\.psv \(sacct\): 12 spans charged\nSkipped +nothing\n/)
  assert.match(out, /\nAudit +\d+ invariants hold\n/)
  assert.match(out, /\n2 accounts {3}0\.02140473\n$/)
  const bill = await run('bill', '--database', address, '--by', 'user')
  assert.deepEqual([bill.status, bill.note], [0, ''])
  assert.deepEqual(bill.out.split('\n').slice(2), [
    'Account  User   Amount CNY        Cash       Cards      Unpaid',
    '--------------------------------------------------------------',
    'acme     alice  0.00183333  0.00000000  0.00000000  0.00183333',
    'beta     alice  0.00022223  0.00000000  0.00000000  0.00022223',
    'beta     bob    0.01823806  0.00000000  0.00000000  0.01823806',
    'beta     carol  0.00111111  0.00000000  0.00000000  0.00111111',
    '--------------------------------------------------------------',
    'Total           0.02140473  0.00000000  0.00000000  0.02140473',
    '',
  ])
})

test('a bill is filtered by names and days; the detailed one adds up to it', async (t) => {
  const { address } = await replayed(t)
  const totalOf = async (...args: string[]) =>
    JSON.parse((await run('bill', '--database', address, '--json', ...args)).out).totals[0]?.amount_grains
  assert.equal(await totalOf(), '77057029')
  assert.equal(await totalOf('--account', 'beta'), '70457029')
  assert.equal(await totalOf('--user', 'alice', '--user', 'carol'), '11400000')
  assert.equal(await totalOf('--project', 'acme', '--kind', 'job'), '6600000')
  assert.equal(await totalOf('--sku', 'queue:gpu'), '64807029')
  // The day in Shanghai; `--to` is not part of it.
  assert.equal(await totalOf('--from', '2026-11-23', '--to', '2026-11-24'), '77057029')
  assert.equal(await totalOf('--to', '2026-11-23'), undefined)
  assert.equal(await totalOf('--kind', 'storage'), undefined)
  const path = join(folder, 'details.csv')
  const { out } = await run('bill', '--database', address, '--json', '--account', 'beta', '--details', path)
  assert.deepEqual(JSON.parse(out).details, { file: path, rows: 7 })
  const rows: { amount_grains: string; job: string; seconds: string }[] = parse(readFileSync(path), {
    columns: true,
    bom: true,
  })
  assert.equal(
    rows.reduce((sum, row) => sum + BigInt(row.amount_grains), 0n),
    70_457_029n,
  )
  assert.deepEqual(rows.map(({ job, seconds }) => `${job} ${seconds}`).sort(), [
    '2 4',
    '3_0 4',
    '3_1 4',
    '3_2 4',
    '4 9',
    '5 5',
    '6 5',
  ])
})

test('audit: sound books are 0, a grain that is missing is 1 and is named', async (t) => {
  const { address } = await replayed(t)
  const sound = await run('audit', '--database', address)
  assert.equal(sound.status, 0)
  assert.match(sound.out, /: \d+ invariants hold/)
  const { pool, close } = (await import('../base/index.ts')).openDatabase({ connectionString: address })
  await query(pool, {
    text: `update wallet set balance = balance + 1 where account_id = (select account_id from account where name = 'beta')`,
  })
  await close()
  const wrong = await run('audit', '--database', address, '--json')
  assert.equal(wrong.status, 1)
  const { violations, details } = JSON.parse(wrong.out)
  assert.equal(violations, details.length)
  assert.ok(violations > 0)
})

test('migrate brings an empty database to this version, once', async (t) => {
  const database = await openTestDatabase()
  t.after(() => database.close())
  const address = addressOf(database)
  assert.equal((await run('audit', '--database', address)).status, 4)
  assert.match((await run('migrate', '--database', address)).out, /^applied 0001_\w+\.sql\n/)
  assert.deepEqual(await run('migrate', '--database', address), { status: 0, out: 'nothing to apply\n', note: '' })
  assert.equal((await run('audit', '--database', address)).status, 0)
  assert.deepEqual(await run('bill', '--database', address), {
    status: 0,
    out: 'Bill from the database of --database\n\nNothing was charged.\n',
    note: '',
  })
})

test('books that are there already are refused with 3, and stay', async (t) => {
  const { address } = await replayed(t)
  const { status, note } = await run('replay', TRACE, '--prices', PRICES, '--database', address)
  assert.deepEqual([status, note.endsWith('(books_not_empty)\n')], [3, true])
  assert.equal((await run('audit', '--database', address)).status, 0)
})

const good = ['replay', TRACE, '--prices', PRICES]
const list = (change: object) => JSON.stringify({ ...JSON.parse(readFileSync(PRICES, 'utf8')), ...change })
const calls: [string, string[] | (() => string[]), number, RegExp][] = [
  ['no verb', [], 2, /^$/],
  ['an unknown verb', ['reply'], 2, /no command 'reply': is it replay\? corehour help lists them all/],
  ['a verb that every object has', ['toString'], 2, /no command 'toString'/],
  ['an unknown option', [...good, '--frob'], 2, /'--frob'\nSee corehour replay --help/],
  ['no trace', ['replay', '--prices', PRICES], 2, /name the trace/],
  ['two traces', ['replay', TRACE, TRACE, '--prices', PRICES], 2, /one word too many/],
  ['no prices', ['replay', TRACE], 2, /name the price list/],
  ['an unknown format', [...good, '--format', 'xml'], 2, /--format is one of sacct, swf, csv, not 'xml'/],
  ['an unknown language', [...good, '--lang', 'fr'], 2, /--lang is en or zh/],
  ...['1e3', 'NaN', '1.234', '-5', '0', '', ' 5', '+5', '０'].map((amount): (typeof calls)[number] => [
    `--credit=${amount}`,
    [...good, `--credit=${amount}`],
    2,
    /\(bad_amount\)/,
  ]),
  ['a credit beyond the books', [...good, '--credit', '100000001'], 2, /\(amount_too_large\)/],
  ['a refusal in Chinese', [...good, '--credit', '1e3', '--lang', 'zh'], 2, /金额 1e3 不是普通小数/],
  ['a trace that is missing', ['replay', 'missing.csv', '--prices', PRICES], 2, /\(trace_unreadable\)/],
  ['a folder as trace', ['replay', CHECKOUT, '--prices', PRICES, '--format', 'csv'], 2, /\(trace_unreadable\)/],
  ['a trace of no known name', ['replay', PRICES, '--prices', PRICES], 2, /\(trace_wrong_format\)/],
  ['a trace of another format', [...good, '--format', 'swf'], 2, /\(trace_wrong_format\)/],
  ['an empty trace', () => ['replay', file('empty.csv', ''), '--prices', PRICES], 2, /\(trace_(empty|wrong_format)\)/],
  ['a truncated .gz', () => ['replay', truncated(), '--prices', PRICES], 2, /\(trace_truncated\)/],
  [
    'a .gz that is none',
    () => ['replay', file('false.psv.gz', 'JobID|Start'), '--prices', PRICES],
    2,
    /\(trace_unreadable\)/,
  ],
  [
    'a trace of a thousand years',
    () => ['replay', file('long.csv', 'job_id,start,run_s,cpus\n1,0,10,1\n2,40000000000,10,1'), '--prices', PRICES],
    2,
    /line 3.*\(trace_too_long\)/,
  ],
  ['prices that are missing', ['replay', TRACE, '--prices', 'missing.json'], 2, /missing\.json can't be read/],
  ['prices that are not JSON', ['replay', TRACE, '--prices', TRACE], 2, /is not JSON.*\(bad_price_list\)/],
  [
    'prices as numbers',
    () => ['replay', TRACE, '--prices', file('numbers.json', list({ machines: { a: 0.4 } }))],
    2,
    /machines\.a must be a decimal in quotes.*\(bad_price_list\)/,
  ],
  [
    'prices with seven places',
    () => ['replay', TRACE, '--prices', file('places.json', list({ machines: { a: '0.0000001' } }))],
    2,
    /\(bad_price_list\)/,
  ],
  [
    '--keep of what stays anyway',
    [...good, '--keep', '--database', 'postgres://x'],
    2,
    /--keep is about the throwaway/,
  ],
  ['a database that is no address', ['audit', '--database', 'books'], 2, /a database is named like/],
  ['a database that is down', ['audit', '--database', 'postgres://corehour@127.0.0.1:1/x'], 4, /can't be reached/],
  [
    'a replay into a database that is down',
    [...good, '--database', 'postgres://corehour@127.0.0.1:1/x'],
    4,
    /can't be reached/,
  ],
  ['books where there are none', ['bill'], 2, /no books yet/],
  ['a kept replay where there is none', ['audit', '--replay'], 2, /no kept replay/],
  ['two kinds of books', ['bill', '--replay', '--live'], 2, /exclude each other/],
  ['a grouping that is none', ['bill', '--by', 'queue'], 2, /--by is one of/],
  ['a kind that is none', ['bill', '--kind', 'gpu'], 2, /--kind is one of/],
  ['a day that is none', ['bill', '--from', '2026-02-30'], 2, /--from is a day/],
]

function truncated(): string {
  const path = file('cut.psv.gz', gzipSync(readFileSync(TRACE)))
  truncateSync(path, 200)
  return path
}

for (const [name, args, status, note] of calls) {
  test(`${name}: exit status ${status}`, async () => {
    const said = await run(...(typeof args === 'function' ? args() : args))
    assert.deepEqual([said.status, name === 'no verb' ? '' : said.out], [status, ''])
    assert.match(said.note, note)
    assert.doesNotMatch(said.note, /\n {4}at /)
  })
}

test('a name that is unknown, and a file that cannot be written', async (t) => {
  const { address } = await replayed(t)
  assert.match(
    (await run('bill', '--database', address, '--account', 'nobody')).note,
    /no account in these books has the name or id 'nobody'/,
  )
  const nowhere = await run('bill', '--database', address, '--details', join(folder, 'nowhere', 'x.csv'))
  assert.deepEqual([nowhere.status, /x\.csv can't be written/.test(nowhere.note)], [2, true])
})

test('each verb explains itself with an example', async () => {
  const { out } = await run('help')
  for (const verb of ['replay', 'bill', 'audit', 'migrate']) {
    assert.match(out, new RegExp(`corehour ${verb} `))
    const help = await run(verb, '--help')
    assert.deepEqual([help.status, await run('help', verb)], [0, help])
    assert.match(help.out, new RegExp(`^corehour ${verb} [^]*\nExample: corehour ${verb}`))
  }
})

test('as it is called: a throwaway database, then one that is kept, its bill and its audit', (t) => {
  const data = dataFolder(t)
  const call = (...args: string[]) =>
    spawnSync(process.execPath, ['src/app/command.ts', ...args], {
      cwd: CHECKOUT,
      encoding: 'utf8',
      env: { ...process.env, COREHOUR_DATA: data },
    })
  mkdirSync(data)
  const thrown = call(...good, '--json')
  assert.deepEqual([thrown.status, thrown.stderr], [0, ''])
  assert.equal(JSON.parse(thrown.stdout).audit.violations, 0)
  assert.ok(!existsSync(join(data, 'replay')))
  const first = call('replay', file('one.csv', 'job_id,start,run_s,cpus\n1,0,3600,1'), '--prices', PRICES, '--keep')
  assert.equal(first.status, 0, first.stderr)
  // The next one takes its place.
  const second = call(...good, '--keep')
  assert.equal(second.status, 0, second.stderr)
  assert.match(second.stdout, /look at it: corehour bill/)
  assert.match(call('bill').stdout, /^Bill from the replay of trace\.psv\n[^]*\nTotal +0\.02140473 /)
  assert.match(call('audit').stdout, /^Audit of the replay of trace\.psv: \d+ invariants hold/)
})
