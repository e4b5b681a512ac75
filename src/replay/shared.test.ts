import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { countSkips, readTrace, type Trace, type TraceRow } from './index.ts'

// Real traces that may not be copied into the repository; they lie beside the checkout where they are at hand.
const folder = join(import.meta.dirname, '../../../shared/data/traces')
const options = { skip: existsSync(folder) ? false : 'the shared traces are not beside this checkout' }
const at = (name: string) => join(folder, name)

/** Hours of a resource to two places, as their own README reckons them: sum(seconds x quantity) / 3600. */
function hours(trace: Trace, part: 'cpu' | 'gpu'): string {
  let sum = 0n
  for (const row of trace.rows) {
    const [whole, fraction = ''] = row.quantity[part].split('.')
    sum += BigInt(row.seconds) * BigInt(whole + fraction.padEnd(4, '0'))
  }
  const cents = (sum * 100n * 2n + 36_000_000n) / 72_000_000n
  return `${cents / 100n}.${String(cents % 100n).padStart(2, '0')}`
}

function distinct(rows: readonly TraceRow[], of: (row: TraceRow) => string): number {
  return new Set(rows.map(of)).size
}

// The hours, rows and names were counted by whoever gathered the traces, not by this code.
const known = [
  {
    name: 'metacentrum_wagap_2013.jobs.csv.gz',
    cpu: '2679792.84',
    gpu: '0.00',
    rows: 17_898,
    skipped: { never_ran: 2 },
    payers: 1,
    users: 75,
    queues: 11,
  },
  {
    name: 'metacentrum_wagap_2013.swf.gz',
    cpu: '2679792.84',
    gpu: '0.00',
    rows: 17_898,
    skipped: { bad_duration: 2 },
    payers: 1,
    users: 75,
    queues: 1,
  },
  {
    name: 'ub_phillips.jobs.csv.gz',
    cpu: '11767.99',
    gpu: '506.91',
    rows: 4_024,
    skipped: { never_ran: 261 },
    payers: 3,
    users: 4,
    queues: 3,
  },
  {
    name: 'ub_phillips.sacct.psv.gz',
    cpu: '11767.99',
    gpu: '506.91',
    rows: 4_024,
    skipped: { never_ran: 261 },
    payers: 3,
    users: 4,
    queues: 3,
  },
  {
    name: 'alibaba_dlrm_2025.jobs.csv.gz',
    cpu: '265388703.34',
    gpu: '2375875.48',
    rows: 23_855,
    skipped: { never_ran: 16 },
    payers: 156,
    users: 156,
    queues: 2,
  },
  {
    name: 'alibaba_openb_2023.jobs.csv.gz',
    cpu: '696260.44',
    gpu: '51470.67',
    rows: 7_255,
    skipped: { never_ran: 897 },
    payers: 1,
    users: 1,
    queues: 4,
  },
  // 36,486 GPU-seconds are 10.135 h exactly; its README, in floats, has 10.13.
  {
    name: 'nrel_eagle_sample.jobs.csv.gz',
    cpu: '113557.34',
    gpu: '10.14',
    rows: 1_000,
    skipped: {},
    payers: 8,
    users: 15,
    queues: 5,
  },
  // Submits and run times without starts: made for a scheduler, nothing in it can be charged.
  {
    name: 'ub_hpc_week.jobs.csv.gz',
    cpu: '0.00',
    gpu: '0.00',
    rows: 0,
    skipped: { never_ran: 27, no_start: 19_552 },
    payers: 0,
    users: 0,
    queues: 0,
  },
]

for (const { name, ...expected } of known) {
  test(`${name}: rows, hours and names are those its README counts`, options, async () => {
    const trace = await readTrace(at(name))
    assert.deepEqual(
      {
        cpu: hours(trace, 'cpu'),
        gpu: hours(trace, 'gpu'),
        rows: trace.rows.length,
        skipped: countSkips(trace.skipped),
        payers: distinct(trace.rows, (row) => row.payer),
        users: distinct(trace.rows, (row) => row.user),
        queues: distinct(trace.rows, (row) => row.queue),
      },
      expected,
    )
    assertLives(trace.rows)
  })
}

/** No two rows of one resource overlap, and its runs go up with time: else a start would end the life before it. */
function assertLives(rows: readonly TraceRow[]): void {
  for (const lives of Map.groupBy(rows, (row) => `${row.cluster} ${row.subject}`).values()) {
    lives.sort((a, b) => a.run - b.run)
    for (const [index, row] of lives.entries()) {
      const before = lives[index - 1]
      if (before)
        assert.ok(Temporal.Instant.compare(before.start.add({ seconds: before.seconds }), row.start) <= 0, row.subject)
    }
  }
}

test('the same jobs read the same from two formats', options, async () => {
  const essence = (row: TraceRow) => [
    row.job,
    row.run,
    row.user,
    row.payer,
    String(row.submit),
    String(row.start),
    row.seconds,
    row.quantity.cpu,
  ]
  const [csv, swf] = [
    await readTrace(at('metacentrum_wagap_2013.jobs.csv.gz')),
    await readTrace(at('metacentrum_wagap_2013.swf.gz')),
  ]
  assert.deepEqual(csv.rows.map(essence), swf.rows.map(essence))
  const [jobs, sacct] = [
    await readTrace(at('ub_phillips.jobs.csv.gz')),
    await readTrace(at('ub_phillips.sacct.psv.gz')),
  ]
  const whole = (row: TraceRow) => [...essence(row), row.project, row.queue, row.quantity.gpu, row.quantity.gb]
  assert.deepEqual(jobs.rows.map(whole), sacct.rows.map(whole))
})

test('tables that are no job traces are refused', options, async () => {
  for (const name of ['ub_storage.csv.gz', 'ub_openstack_events.csv.gz']) {
    await assert.rejects(readTrace(at(name)), { code: 'trace_wrong_format' })
  }
})
