import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { Refusal } from '../base/index.ts'
import { countSkips, explainSkip, formatOf, readTrace, skipReasons, type TraceFormat, type TraceRow } from './index.ts'

const fixture = (name: string) => join(import.meta.dirname, 'fixtures', name)
const folder = mkdtempSync(join(tmpdir(), 'corehour-traces-'))
after(() => rmSync(folder, { recursive: true }))

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

/** A row as one line: what it is, who pays, when, on what. */
function brief(row: TraceRow): string {
  const { cpu, gpu, gb } = row.quantity
  const who = `${row.payer} ${row.user}@${row.project || '-'} ${row.queue}`
  return `${row.subject} ${row.run} ${who} ${row.start} +${row.seconds} ${cpu}/${gpu}/${gb}${row.stillRunning ? ' running' : ''}`
}

async function refused(path: string, code: string, detail: RegExp, format?: TraceFormat): Promise<void> {
  await assert.rejects(readTrace(path, format ? { format } : {}), (error) => {
    assert.ok(error instanceof Refusal, String(error))
    assert.equal(error.code, code)
    assert.match(error.message, detail)
    assert.ok(!error.message.includes('?') && !error.in('zh').includes('?'), `unfilled: ${error.in('zh')}`)
    return true
  })
}

test('every job of a real Slurm is read: requeued, array, exclusive, suspended, cancelled', async () => {
  const trace = await readTrace(fixture('sacct.psv'))
  assert.deepEqual(trace.skipped, [])
  assert.deepEqual(trace.rows.map(brief), [
    '1 1 acme alice@acme cpu 2026-11-22T22:07:17Z +6 2/0/0.1953125',
    '2 1 beta alice@beta cpu 2026-11-22T22:07:17Z +4 4/0/0.390625',
    '4 1 beta bob@beta gpu 2026-11-22T22:07:17Z +9 4/2/0.390625',
    '5 1 beta bob@beta cpu 2026-11-22T22:07:17Z +5 1/0/0.09765625',
    // exclusive: asked for 1 CPU, held 16
    '6 1 beta carol@beta cpu 2026-11-22T22:07:17Z +5 16/0/1.5625',
    '8 1 acme alice@acme cpu 2026-11-22T22:07:17Z +4 2/0/0.1953125',
    // suspended: 10 s on the clock, 5 of them run
    '9 1 acme alice@acme cpu 2026-11-22T22:07:17Z +5 2/0/0.1953125',
    '10 1 acme alice@acme cpu 2026-11-22T22:07:17Z +86 1/0/0.09765625',
    '3_0 1 beta bob@beta cpu 2026-11-22T22:07:17Z +4 1/0/0.09765625',
    '3_1 1 beta bob@beta cpu 2026-11-22T22:07:17Z +4 1/0/0.09765625',
    '3_2 1 beta bob@beta cpu 2026-11-22T22:07:21Z +4 1/0/0.09765625',
    '8 2 acme alice@acme cpu 2026-11-22T22:07:22Z +8 2/0/0.1953125',
  ])
  assert.equal(trace.first?.toString(), '2026-11-22T22:07:17Z')
  assert.equal(trace.last?.toString(), '2026-11-22T22:08:43Z')
  assert.equal(trace.rows[0]?.cluster, 'lab')
  assert.equal(trace.rows[11]?.submit?.toString(), '2026-11-22T22:07:21Z')
  assert.equal(trace.rows[0]?.line, 2)
})

test('sacct: units, kinds of GPU, steps, lives, absent and broken fields', async () => {
  const trace = await readTrace(fixture('sacct-odd.psv'))
  assert.deepEqual(trace.rows.map(brief), [
    '100 1 acme ann@acme gpu 2026-03-01T08:00:10Z +93603 8/3/62.5',
    '101 1 acme ann@acme gpu 2026-03-01T09:00:00Z +45 2/3/0.00146484375',
    // to the trace's last instant, the end of job 100
    '102 1 bea bea@- cpu 2026-03-01T08:01:00Z +93553 4/0/2048 running',
    '106 1 default default@- default 2026-03-01T08:00:00Z +60 1/0/0.5',
    '200 2 acme ann@acme cpu 2026-03-01T12:00:00Z +30 1/0/0',
    '200 1 acme ann@acme cpu 2026-03-01T11:00:00Z +20 1/0/0',
    '200 1 acme ann@acme cpu 2026-03-01T11:00:00Z +20 1/0/0',
    '300_0 1 acme ann@acme cpu 2026-03-01T08:00:00Z +10 1/0/0',
  ])
  assert.deepEqual(
    trace.skipped.map(({ line, reason, column, value }) => `${line} ${reason} ${column} ${value}`.trimEnd()),
    [
      '3 step JobID 100.batch',
      '4 step JobID 100.0',
      '7 never_ran ElapsedRaw 0',
      '8 no_start Start',
      '9 bad_duration Elapsed -1',
      '15 broken_row ElapsedRaw ten',
      '16 broken_row Submit 2026-02-30T08:00:00',
      '17 broken_row AllocTRES',
      '18 broken_row AllocTRES cpu=1,cpu=2',
      '19 broken_row columns 4 / 15',
    ],
  )
})

test('swf: offset, CPUs, names and what is unknown', async () => {
  const trace = await readTrace(fixture('small.swf'))
  assert.deepEqual(trace.rows.map(brief), [
    '1 1 g1 u62@g1 3 2023-11-14T22:15:20Z +3600 4/0/0',
    '2 1 g2 u62@g2 3 2023-11-14T22:15:20Z +60 8/0/0',
    '3 1 u62 u62@- default 2023-11-14T22:15:20Z +60 2/0/0',
    '4 1 default default@- 0 2023-11-14T22:15:20Z +60 1/0/0',
  ])
  assert.deepEqual(
    trace.skipped.map(({ line, reason, column, value }) => `${line} ${reason} ${column} ${value}`.trimEnd()),
    [
      '8 never_ran 4 0',
      '9 no_start 2 + 3',
      '10 bad_duration 4 -1359980917',
      '11 broken_row 5',
      '13 broken_row fields 9 / 18',
      '14 broken_row 4 sixty',
    ],
  )
})

test('csv: fractions, zones, quotes, parallel rows of one id, and every reason to skip', async () => {
  const trace = await readTrace(fixture('small.csv'))
  assert.deepEqual(trace.rows.map(brief), [
    'plain 1 acme ann@acme cpu 2026-03-01T08:01:00Z +90 2/0/2',
    'fraction 1 bea bea@- LS 2026-03-01T08:01:00Z +100 6.5/0.46/0.0009765625',
    // 0.9 to 2.1: both ends floored
    'bare 1 default default@- default 2026-03-01T08:00:00Z +2 0/0/0',
    'quoted 1 a "b" Lee, Ann@a "b" cpu 2026-03-01T08:01:00Z +60 1/0/0',
    'running 1 acme ann@acme cpu 2026-03-01T08:01:40Z +60 1/0/0 running',
    // the second row ran while the first of its id did; the third after it
    'array#2 2 acme ann@acme cpu 2026-03-01T08:00:10Z +10 1/0/0',
    'array 1 acme ann@acme cpu 2026-03-01T08:00:00Z +15 1/0/0',
    'array 3 acme ann@acme cpu 2026-03-01T08:00:15Z +10 1/0/0',
    'good 1 acme ann@acme cpu 2026-03-01T08:00:00Z +10 1/0/0',
  ])
  assert.deepEqual(
    trace.skipped.map(({ line, reason, column, value }) =>
      `${line} ${reason} ${column} ${value}`.slice(0, 44).trimEnd(),
    ),
    [
      '10 never_ran run_s 0',
      '11 never_ran end 0',
      '12 bad_duration end -10',
      '13 bad_duration run_s -10',
      '14 bad_duration run_s 999999999999',
      '15 no_start start',
      '16 broken_row job_id',
      '17 broken_row run_s 1e1',
      '18 broken_row cpus -1',
      '19 broken_row cpus NaN',
      '20 broken_row row quote,"ann,acme,cpu,,17723',
      '21 broken_row columns 3 / 17',
    ],
  )
  assert.deepEqual(countSkips(trace.skipped), { never_ran: 2, bad_duration: 3, no_start: 1, broken_row: 6 })
})

test('the same content reads the same with CRLF, a byte order mark, blank lines, no last line end, and compressed', async () => {
  const text = 'job_id,start,run_s,cpus\na,10,60,1\nb,20,60,2\n'
  const expected = (await readTrace(file('plain.csv', text))).rows.map(brief)
  assert.equal(expected.length, 2)
  const variants = { crlf: text.replaceAll('\n', '\r\n'), mark: `\ufeff${text}`, bare: text.trimEnd() }
  for (const [name, content] of Object.entries(variants)) {
    assert.deepEqual((await readTrace(file(`${name}.csv`, content))).rows.map(brief), expected, name)
  }
  assert.deepEqual((await readTrace(file('packed.csv.gz', gzipSync(text)))).rows.map(brief), expected)
  const blank = await readTrace(file('blank.csv', text.replaceAll('\n', '\n\n')))
  assert.deepEqual([blank.rows.map(brief), blank.rows.map((row) => row.line)], [expected, [3, 5]])
})

test('lives are numbered by submit time, and one that ran before an earlier life is a resource of its own', async () => {
  const text = 'job_id,submit,start,run_s,cpus\na,5,10,5,1\na,0,100,5,1\na,200,300,5,1\n'
  const { rows } = await readTrace(file('lives.csv', text))
  assert.deepEqual(
    rows.map(({ subject, run }) => `${subject} ${run}`),
    ['a#2 2', 'a 1', 'a 3'],
  )
})

test('a file of many chunks keeps every line and every character', async () => {
  const lines = Array.from({ length: 20_000 }, (_, index) => `j${index},${'李'.repeat((index % 7) + 1)},10,60,1`)
  const { rows, skipped } = await readTrace(file('many.csv', `job_id,user,start,run_s,cpus\n${lines.join('\n')}`))
  assert.deepEqual(skipped, [])
  assert.deepEqual(
    rows.map((row) => `${row.job},${row.user},10,60,1`),
    lines,
  )
})

test('names that a database or a page could not hold make a broken row', async () => {
  const bytes = Buffer.concat([
    Buffer.from('job_id,user,start,run_s,cpus\na,nul\0,10,60,1\nb,'),
    Buffer.from([0xe9]),
    Buffer.from(`,10,60,1\nc,${'x'.repeat(201)},10,60,1\nd,李,10,60,1\n`),
  ])
  const trace = await readTrace(file('names.csv', bytes))
  assert.deepEqual(
    trace.rows.map((row) => row.user),
    ['李'],
  )
  assert.deepEqual(countSkips(trace.skipped), { broken_row: 3 })
  assert.ok(trace.skipped.every((row) => row.column === 'user' && row.value.length <= 81))
})

test('a file that cannot be a trace gets one clear refusal', async () => {
  const swf = '1 100 20 3600 4 -1 -1 4 7200 -1 1 62 1 1 3 -1 -1 -1\n'
  const packed = gzipSync(swf.repeat(1000))
  await refused(join(folder, 'missing.csv'), 'trace_unreadable', /ENOENT/)
  await refused(join(folder, 'missing.csv.gz'), 'trace_unreadable', /ENOENT/)
  await refused(folder, 'trace_unreadable', /EISDIR/, 'swf')
  await refused(file('empty.csv', ''), 'trace_empty', /no rows/)
  await refused(file('blank.swf', '\n \n; only a comment\n'), 'trace_empty', /no rows/)
  await refused(file('header.csv', 'job_id,start,run_s,cpus\n'), 'trace_empty', /no rows/)
  await refused(file('none.swf.gz', ''), 'trace_truncated', /copy it again/)
  for (const cut of [1, 10, 40, packed.length - 9, packed.length - 1]) {
    await refused(file('cut.swf.gz', packed.subarray(0, cut)), 'trace_truncated', /copy it again/)
  }
  await refused(file('lie.swf.gz', swf), 'trace_unreadable', /header/)
  await refused(file('packed.swf', packed), 'trace_wrong_format', /--format/)
  await refused(fixture('small.csv'), 'trace_wrong_format', /is not swf.*line 1/, 'swf')
  await refused(fixture('small.csv'), 'trace_wrong_format', /is not sacct.*lacks JobID \/ JobIDRaw, Start/, 'sacct')
  await refused(fixture('sacct.psv'), 'trace_wrong_format', /is not csv.*lacks job_id/, 'csv')
  await refused(fixture('small.swf'), 'trace_wrong_format', /lacks job_id/, 'csv')
  await refused(file('headless.psv', '1|1|lab|alice\n'), 'trace_wrong_format', /must be a header/)
  await refused(file('asked.psv', 'JobID|Start|Elapsed|ReqTRES\n'), 'trace_wrong_format', /lacks AllocTRES/)
  await refused(file('epoch.swf', `; UnixStartTime: yesterday\n${swf}`), 'trace_wrong_format', /UnixStartTime/)
  await refused(file('long.swf', 'x'.repeat(2_000_000)), 'trace_wrong_format', /1 MiB/)
  await refused(file('trace.json', '{}'), 'trace_wrong_format', /--format/)
})

test('the format is told by the name, or given', async () => {
  assert.equal(formatOf('a.b/x.SWF.gz'), 'swf')
  assert.equal(formatOf('x.psv'), 'sacct')
  assert.equal(formatOf('x.sacct.gz'), 'sacct')
  assert.equal(formatOf('x.txt'), 'sacct')
  assert.equal(formatOf('x.jobs.csv.gz'), 'csv')
  for (const name of ['x', 'x.gz', 'csv', '.constructor', 'x.tar.gz']) assert.throws(() => formatOf(name), Refusal)
  const given = await readTrace(file('jobs.dat', 'job_id,start,run_s,cpus\na,10,60,1\n'), { format: 'csv' })
  assert.equal(given.rows.length, 1)
})

test('every reason is explained in both languages, with nothing left to fill in', () => {
  for (const reason of Object.keys(skipReasons) as (keyof typeof skipReasons)[]) {
    for (const language of ['en', 'zh'] as const) {
      const text = explainSkip({ line: 1, reason, column: 'start', value: '$& {column}' }, language)
      assert.ok(text.length > 3 && !text.replace('{column}', '').includes('{'), text)
    }
  }
})

test('whatever a file holds, it is read or refused, and every row that is taken can be charged', async () => {
  const headers: Record<TraceFormat, string> = {
    sacct: 'JobID|User|Account|Partition|Submit|Start|End|ElapsedRaw|Elapsed|AllocTRES\n',
    swf: '',
    csv: 'job_id,user,project,queue,submit,start,end,run_s,cpus,gpus,mem_mb\n',
  }
  const separators: Record<TraceFormat, string> = { sacct: '|', swf: ' ', csv: ',' }
  const cell = fc.oneof(
    fc.constantFrom(
      '',
      '-1',
      '0',
      '7',
      '1772352000',
      '2026-03-01T08:00:00',
      '1-00:00:01',
      'cpu=1,mem=1.5G',
      'Unknown',
      '"',
      '9'.repeat(40),
    ),
    fc.string({ unit: 'binary', maxLength: 8 }),
    fc.double().map(String),
  )
  const rows = fc.array(fc.array(cell, { minLength: 9, maxLength: 19 }), { maxLength: 8 })
  const formats = fc.constantFrom<TraceFormat>('sacct', 'swf', 'csv')
  const content = fc.oneof(fc.uint8Array({ maxLength: 300 }), rows)
  await fc.assert(
    fc.asyncProperty(formats, content, fc.boolean(), async (format, body, packed) => {
      const text =
        body instanceof Uint8Array
          ? body
          : headers[format] + body.map((cells) => cells.join(separators[format])).join('\n')
      const path = packed ? file('any.gz', gzipSync(text)) : file('any', text)
      const trace = await readTrace(path, { format }).catch((error: unknown) => {
        assert.ok(error instanceof Refusal, String(error))
        return undefined
      })
      for (const row of trace?.rows ?? []) {
        assert.ok(Number.isSafeInteger(row.seconds) && row.seconds > 0)
        assert.ok(row.payer && row.user && row.queue && row.job && row.run >= 1)
        for (const part of Object.values(row.quantity)) assert.match(part, /^\d+(\.\d*[1-9])?$/)
      }
    }),
    { numRuns: 300 },
  )
})
