// An independent reckoning of a trace, straight from the text of its CSV: it shares no code with what it is held against.
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'

/** Micro-units an hour, by queue; '*' for the others. */
export type Tariff = Record<string, { cpu: bigint; gpu: bigint; gb: bigint }>

/** What the books should hold: grains by `account|day|project|user|sku`, and the number of five-minute deductions. */
export type Reckoning = { lines: Map<string, bigint>; charged: bigint; deductions: number }

type Job = { payer: string; project: string; user: string; queue: string; start: number; seconds: number; rate: bigint }

const DAY = 86_400
const SHANGHAI = 8 * 3600
const EPOCH = Temporal.PlainDate.from('1970-01-01')

/** For traces with whole seconds, a known end and no quotes. */
export function reckon(path: string, tariff: Tariff): Reckoning {
  const jobs = jobsOf(readText(path), tariff)
  const lines = new Map<string, bigint>()
  let charged = 0n
  for (const { payer, project, user, queue, start, seconds, rate } of jobs) {
    for (let from = start; from < start + seconds;) {
      const days = Math.floor((from + SHANGHAI) / DAY)
      const to = Math.min((days + 1) * DAY - SHANGHAI, start + seconds)
      const day = EPOCH.add({ days }).toString()
      const key = [payer, day, project || 'default', user, `queue:${queue}`].join('|')
      const amount = rate * BigInt(to - from)
      if (amount > 0n) lines.set(key, (lines.get(key) ?? 0n) + amount)
      charged += amount
      from = to
    }
  }
  return { lines, charged, deductions: countWindows(jobs) }
}

/** Pairs of an account and a window of 300 s in which something that costs ran. */
function countWindows(jobs: readonly Job[]): number {
  const windows = new Set<string>()
  for (const { payer, start, seconds, rate } of jobs) {
    if (rate === 0n) continue
    const last = Math.floor((start + seconds - 1) / 300)
    for (let window = Math.floor(start / 300); window <= last; window++) windows.add(`${window}|${payer}`)
  }
  return windows.size
}

function jobsOf(text: string, tariff: Tariff): Job[] {
  const [header, ...rows] = text.trimEnd().split('\n')
  const names = header!.split(',')
  return rows.flatMap((row): Job[] => {
    const cells = row.split(',')
    const cell = (name: string) => cells[names.indexOf(name)] ?? ''
    const seconds = Number(cell('run_s'))
    if (cell('start') === '' || !(seconds > 0)) return []
    const queue = cell('queue') || 'default'
    const price = tariff[queue] ?? tariff['*']!
    // In units of 1/1024 of a ten-thousandth of a micro-unit an hour, so that nothing is rounded before the end.
    const exact =
      (tenThousandths(cell('cpus')) * price.cpu + tenThousandths(cell('gpus')) * price.gpu) * 1024n +
      tenThousandths(cell('mem_mb')) * price.gb
    const unit = 10_000n * 1024n
    const rate = (2n * exact + unit) / (2n * unit)
    const payer = cell('project') || cell('user') || 'default'
    return [
      {
        payer,
        project: cell('project'),
        user: cell('user') || 'default',
        queue,
        start: Number(cell('start')),
        seconds,
        rate,
      },
    ]
  })
}

function tenThousandths(text: string): bigint {
  const [whole = '', fraction = ''] = text.split('.')
  if (fraction.length > 4) throw new Error(`${text} has too many places for this reckoning`)
  return BigInt((whole || '0') + fraction.padEnd(4, '0'))
}

function readText(path: string): string {
  const bytes = readFileSync(path)
  return (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8')
}
