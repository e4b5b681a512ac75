import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { openTestApp } from '../../test/harness.ts'
import { GRAINS_PER_UNIT, instantOf, query, systemClock, type App } from '../base/index.ts'
import { readTrace, replay, type Replay, type ReplayOptions, type TraceFormat } from './index.ts'
import { reckon, type Tariff } from './reckoning.fixture.ts'

const examples = join(import.meta.dirname, '../../examples')
const shared = join(import.meta.dirname, '../../../shared/data/traces')
const folder = mkdtempSync(join(tmpdir(), 'corehour-replay-'))
after(() => rmSync(folder, { recursive: true }))

const PRICES = {
  currency: 'CNY',
  effective_at: '2026-01-01T00:00:00Z',
  queues: { '*': { cpu_hour: '0.05', gpu_hour: '2' }, gpu: { cpu_hour: '0.05', gpu_hour: '3.5', gb_hour: '0.002' } },
}
const TARIFF: Tariff = {
  '*': { cpu: 50_000n, gpu: 2_000_000n, gb: 0n },
  gpu: { cpu: 50_000n, gpu: 3_500_000n, gb: 2_000n },
}
const NOON = 1_767_240_000 // 2026-01-01T04:00:00Z, noon in Shanghai

/** Replays a file on books of its own and hands them to `look`; the books are audited again when they are closed. */
async function replayed(
  path: string,
  options: Partial<ReplayOptions> & { format?: TraceFormat },
  look: (result: Replay, app: App) => Promise<void> | void,
) {
  const { app, close } = await openTestApp()
  const { format, ...rest } = options
  try {
    const trace = await readTrace(path, format ? { format } : {})
    const result = await replay(trace, {
      database: app.database,
      timeZone: app.timeZone,
      prices: PRICES,
      wallClock: systemClock,
      ...rest,
    })
    assert.deepEqual(result.audit.violations, [])
    await look(result, app)
  } finally {
    await close()
  }
}

function csv(name: string, ...rows: string[]): string {
  const path = join(folder, name)
  writeFileSync(path, ['job_id,user,project,queue,submit,start,run_s,end,cpus,gpus,mem_mb', ...rows].join('\n'))
  return path
}

function figures(result: Replay): Record<string, bigint[]> {
  return Object.fromEntries(
    result.accounts.map(({ name, charged, balance, arrears }) => [name, [charged, balance, arrears]]),
  )
}

/** Bill lines by name, as the reckoning writes them. */
async function readBill(app: App): Promise<Map<string, bigint>> {
  const rows = await query<{ key: string; amount: bigint }>(app.database.pool, {
    text: `select concat_ws('|', a.name, l.day, p.name, u.name, l.sku) as key, l.amount from bill_line l
      join account a using (bucket, account_id) join project p using (bucket, account_id, project_id) join users u on u.user_id = l.user_id`,
  })
  return new Map(rows.map(({ key, amount }) => [key, amount]))
}

async function count(app: App, text: string): Promise<bigint> {
  const [row] = await query<{ count: bigint }>(app.database.pool, { text: `select count(*) as count from ${text}` })
  return row!.count
}

test('the committed trace costs what it costs by hand', async () => {
  await replayed(
    join(examples, 'trace.psv'),
    { prices: JSON.parse(readFileSync(join(examples, 'prices.json'), 'utf8')) },
    async (result, app) => {
      assert.equal(result.spans, 12)
      // acme, alice: 2 CPUs for 6, 4, 8 and 5 s, 1 for 86 s: 132 CPU-seconds at 50,000 grains.
      // beta: alice 4 x 4 s; carol 16 x 5 s; bob 5 + 4 + 4 + 4 s of 1 CPU, and on the GPU queue 4 CPUs, 2 GPUs and 400 MiB for 9 s:
      // 200,000 + 7,000,000 + 0.390625 x 2,000 = 7,200,781 (and a quarter, rounded) grains a second.
      const bill = [...(await readBill(app))].sort(([a], [b]) => (a < b ? -1 : 1))
      assert.deepEqual(bill, [
        ['acme|2026-11-23|acme|alice|queue:cpu', 6_600_000n],
        ['beta|2026-11-23|beta|alice|queue:cpu', 800_000n],
        ['beta|2026-11-23|beta|bob|queue:cpu', 850_000n],
        ['beta|2026-11-23|beta|bob|queue:gpu', 64_807_029n],
        ['beta|2026-11-23|beta|carol|queue:cpu', 4_000_000n],
      ])
      assert.deepEqual(figures(result), {
        beta: [70_457_029n, -70_457_029n, 70_457_029n],
        acme: [6_600_000n, -6_600_000n, 6_600_000n],
      })
      // All of it lies between 22:05 and 22:10 UTC: one deduction an account.
      assert.equal(result.deductions, 2n)
      assert.equal(`${result.pricesFrom}`, '2026-01-01T00:00:00Z')
    },
  )
})

test('credit pays first, what it does not cover is arrears; users without a project pay themselves', async () => {
  const path = csv(
    'credit.csv',
    // Two hours of 10 CPUs at 0.5 an hour for project p; six minutes of one CPU for Ada, who has no project here.
    `1,ada,p,cpu,${NOON},${NOON},7200,,10,0,0`,
    `2,ada,,cpu,${NOON},${NOON + 60},360,,1,0,0`,
    `3,,,,${NOON},${NOON + 60},1,,1,0,0`,
  )
  await replayed(path, { credit: GRAINS_PER_UNIT / 2n }, async (result, app) => {
    const half = GRAINS_PER_UNIT / 2n
    assert.deepEqual(figures(result), {
      p: [GRAINS_PER_UNIT, -half, half],
      ada: [18_000_000n, half - 18_000_000n, 0n],
      default: [50_000n, half - 50_000n, 0n],
    })
    assert.equal(await count(app, `bill_line where cash > 0 and unpaid > 0`), 1n)
    // Ada's home is her own account; in p, whose creator the trace doesn't tell, she is a member.
    const members = await query(app.database.pool, {
      text: `select p.name as project, u.name as user, m.role from member m join project p using (bucket, account_id, project_id)
        join users u on u.user_id = m.user_id order by 1, 2, 3`,
    })
    assert.deepEqual(members, [
      { project: 'default', user: 'ada', role: 'creator' },
      { project: 'default', user: 'default', role: 'creator' },
      { project: 'p', user: 'ada', role: 'member' },
      { project: 'p', user: 'p', role: 'creator' },
    ])
  })
})

test('each five minutes in which something runs is deducted once, at its boundary', async () => {
  // From the last second of a window to the first of one nine later; over midnight in Shanghai (16:00 UTC).
  const start = NOON + 12 * 3600 - 1501
  const path = csv('boundaries.csv', `1,ada,p,cpu,,${start},2402,,1,0,0`)
  await replayed(path, {}, async (result, app) => {
    const postings = await query<{ from: number; to: number; amount: bigint }>(app.database.pool, {
      text: `select extract(epoch from used_from)::integer as from, extract(epoch from used_to)::integer as to, amount from posting where source = 'use' order by seq`,
    })
    assert.deepEqual(
      postings.map(({ from, to }) => [from % 300, to - from]),
      postings.map(() => [0, 300]),
    )
    assert.deepEqual(
      postings.map(({ amount }) => amount / 50_000n),
      [1n, ...Array(8).fill(300n), 1n],
    )
    assert.equal(result.deductions, 10n)
    assert.deepEqual(
      [...(await readBill(app)).values()].map((amount) => amount / 50_000n).sort((a, b) => Number(b - a)),
      [1501n, 901n],
    )
  })
})

test('lives of one job, tasks that share its id, and a job without an end', async () => {
  const path = csv(
    'lives.csv',
    // Requeued in the second in which it ended, eleven times, so that `7:10` and `7:9` stand in the wrong order as texts.
    ...Array.from({ length: 11 }, (_, i) => `7,ada,p,cpu,${NOON + i},${NOON + 100 * i},100,,1,0,0`),
    `8,ada,p,cpu,${NOON},${NOON},600,,1,0,0`,
    `8,ada,p,cpu,${NOON},${NOON},600,,1,0,0`,
    `9,ada,p,cpu,${NOON},${NOON + 1000},,,1,0,0`,
  )
  await replayed(path, {}, async (result, app) => {
    // The trace's last instant is the end of the eleventh life of job 7: job 9 runs until then.
    assert.equal(result.accounts[0]?.charged, 50_000n * (1100n + 1200n + 100n))
    assert.equal(result.spans, 14)
    assert.equal(await count(app, "usage_span where ended_at < 'infinity'"), 14n)
    assert.equal(`${result.last}`, instantOf(NOON + 1100).toString())
    assert.equal(await count(app, 'parked_event'), 0n)
  })
})

test('what metering would refuse is left out whole, and named', async () => {
  const path = csv(
    'refused.csv',
    `1,ada,p,cpu,,${NOON},10,,1,0,0`,
    `2,ada,p,cpu,,${NOON},10,,0.12345678901,0,0`,
    `3,ada,p,cpu,,${NOON},10,,99999999999,0,0`,
    `4,ada,p,cpu,,${NOON},10,,10000000,0,0`,
    `5,ada,p,other,,${NOON},10,,1,0,0`,
    `6,eve,q,other,,${NOON},10,,1,0,0`,
  )
  const prices = { currency: 'CNY', effective_at: '2026-01-01T00:00:00Z', queues: { cpu: { cpu_hour: '1' } } }
  await replayed(path, { prices }, async (result, app) => {
    assert.deepEqual(
      result.refused.map(({ line, code }) => [line, code]),
      [
        [3, 'bad_quantity'],
        [4, 'bad_quantity'],
        [5, 'rate_too_large'],
        [6, 'unknown_sku'],
        [7, 'unknown_sku'],
      ],
    )
    assert.match(result.refused[0]!.refusal.message, /cpu=0\.12345678901 is not usable/)
    assert.equal(result.accounts[0]?.charged, 10_000_000n)
    assert.deepEqual(
      [result.accounts.length, await count(app, 'usage_event'), await count(app, 'parked_event')],
      [1, 2n, 0n],
    )
  })
})

test('years in which nothing runs are crossed, a longer trace is refused', async () => {
  const threeYears = NOON + 3 * 365 * 86_400
  await replayed(
    csv('gap.csv', `1,ada,p,cpu,,${NOON},10,,1,0,0`, `2,ada,p,cpu,,${threeYears},10,,1,0,0`),
    {},
    (result) => {
      assert.deepEqual([result.deductions, result.accounts[0]?.charged], [2n, 1_000_000n])
    },
  )
  const tooLong = csv('long.csv', `1,ada,p,cpu,,${NOON},10,,1,0,0`, `2,ada,p,cpu,,${NOON},999999999,,1,0,0`)
  await assert.rejects(
    replayed(tooLong, {}, () => {}),
    { code: 'trace_too_long', message: /\(line 3\)/ },
  )
})

test('nothing to charge is an empty replay', async () => {
  await replayed(csv('nothing.csv', `1,ada,p,cpu,,${NOON},0,,1,0,0`), { credit: GRAINS_PER_UNIT }, (result) => {
    assert.deepEqual([result.spans, result.deductions, result.accounts, result.first], [0, 0n, [], undefined])
  })
})

test('prices apply from the first instant where the list is younger than the trace', async () => {
  await replayed(csv('old.csv', `1,ada,p,cpu,,1357000000,3600,,1,0,0`), {}, (result) => {
    assert.equal(result.accounts[0]?.charged, GRAINS_PER_UNIT / 20n)
    assert.equal(`${result.pricesFrom}`, '2013-01-01T00:25:00Z')
  })
})

test('books that are not blank, a broken price list and an amount beyond the books are refused', async () => {
  const path = csv('one.csv', `1,ada,p,cpu,,${NOON},10,,1,0,0`)
  await replayed(path, {}, async (_, app) => {
    const again = replay(await readTrace(path), {
      database: app.database,
      timeZone: 'UTC',
      prices: PRICES,
      wallClock: systemClock,
    })
    await assert.rejects(again, { code: 'books_not_empty' })
  })
  await assert.rejects(
    replayed(path, { prices: { ...PRICES, queues: { '*': { cpu_hour: 0.05 } } } }, () => {}),
    { code: 'bad_price_list' },
  )
  const dear = { ...PRICES, queues: { '*': { cpu_hour: '100000' } } }
  const much = Array.from({ length: 2000 }, (_, i) => `${i},ada,p,cpu,,${NOON},86400,,1,0,0`)
  await assert.rejects(
    replayed(csv('much.csv', ...much), { prices: dear }, () => {}),
    { code: 'amount_too_large' },
  )
})

test('it ends between two boundaries when it is told to', async () => {
  const stop = new AbortController()
  const path = csv('stopped.csv', `1,ada,p,cpu,,${NOON},86400,,1,0,0`)
  await assert.rejects(
    replayed(path, { signal: stop.signal, onProgress: () => stop.abort() }, () => {}),
    { name: 'AbortError' },
  )
})

// Real traces, where they lie beside the checkout: every bill line against a reckoning of its own.
const options = { skip: existsSync(shared) ? false : 'the shared traces are not beside this checkout' }

test('UB Phillips, read from sacct, is charged line by line what its CSV comes to', options, async () => {
  const reckoning = reckon(join(shared, 'ub_phillips.jobs.csv.gz'), TARIFF)
  await replayed(join(shared, 'ub_phillips.sacct.psv.gz'), {}, async (result, app) => {
    assert.deepEqual(await readBill(app), reckoning.lines)
    assert.equal(
      result.accounts.reduce((sum, { charged }) => sum + charged, 0n),
      reckoning.charged,
    )
    assert.equal(result.deductions, BigInt(reckoning.deductions))
  })
})

test(
  'NREL Eagle, with the tasks of arrays at once, is charged line by line what its CSV comes to',
  options,
  async () => {
    const path = join(shared, 'nrel_eagle_sample.jobs.csv.gz')
    const reckoning = reckon(path, TARIFF)
    await replayed(path, { credit: 100n * GRAINS_PER_UNIT }, async (result, app) => {
      assert.deepEqual(await readBill(app), reckoning.lines)
      assert.equal(
        result.accounts.reduce((sum, { charged }) => sum + charged, 0n),
        reckoning.charged,
      )
      assert.equal(result.deductions, BigInt(reckoning.deductions))
    })
  },
)

test('the last days of OpenB, with fractions of GPUs and no names at all, likewise', options, async () => {
  const text = gunzipSync(readFileSync(join(shared, 'alibaba_openb_2023.jobs.csv.gz'))).toString()
  const [header, ...rows] = text.trimEnd().split('\n')
  const start = header!.split(',').indexOf('start')
  const path = join(folder, 'openb.csv')
  writeFileSync(path, [header, ...rows.filter((row) => Number(row.split(',')[start]) >= 147 * 86_400)].join('\n'))
  const reckoning = reckon(path, TARIFF)
  await replayed(path, {}, async (result, app) => {
    assert.ok(result.spans > 400)
    assert.deepEqual(await readBill(app), reckoning.lines)
    assert.equal(result.deductions, BigInt(reckoning.deductions))
  })
})
