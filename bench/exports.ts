import { createWriteStream, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import copyStreams from 'pg-copy-streams'
import { bucketOf, SYSTEM, transact } from '../src/base/index.ts'
import { createKey } from '../src/identity/index.ts'
import { serve } from './admission.ts'
import { openSpans } from './exportWorld.ts'
import { atMost, time, type Row } from './measure.ts'
import { connected } from './floor.ts'
import { makeFolder, type Books, type Stage } from './stage.ts'
import { accountId, settleDown } from './world.ts'

const PAYER = accountId(1)
const FORMATS = {
  csv: { name: 'CSV', seconds: 15 },
  xlsx: { name: 'XLSX', seconds: 60 },
  jsonl: { name: 'JSON Lines' },
}

/**
 * The detailed bill of a million spans of one account as a file, asked for over HTTP of the served process; and the
 * most that this process keeps in memory meanwhile. Beside it, PostgreSQL's own COPY of as many columns of the same
 * spans in the same order into a file.
 */
export async function exports(stage: Stage): Promise<Row[]> {
  const books = await stage.openBooks('exports')
  const folder = makeFolder(stage, 'exports')
  try {
    const spans = stage.part(1_000_000, 1000)
    stage.say(`loading ${spans.toLocaleString('en')} spans`)
    await openSpans(books, spans)
    await settleDown(books.database)
    const floor = await copyOut(books, join(folder, 'floor.csv'))
    const { secret } = await transact(books.app, SYSTEM, (tx) => createKey(tx, { name: 'bench', scope: 'staff' }))
    const server = await serve(books.address, folder)
    try {
      const rows: Row[] = []
      for (const [format, { name, ...limit }] of Object.entries(FORMATS)) {
        forgetPeak(server.pid)
        const taken = await time(() => exportOnce(server.address, secret, format, spans))
        const peak = peakOf(server.pid)
        const what = `${spans.toLocaleString('en')} spans as ${name}`
        const value = taken / 1000
        rows.push({
          name: `export of ${what}`,
          value,
          unit: 's',
          floor: { is: 'COPY of the spans', value: floor / 1000 },
          ...('seconds' in limit && { target: atMost(value, limit.seconds, 's') }),
        })
        if (peak === undefined) continue
        rows.push({
          name: `server resident at most, ${what}`,
          value: peak,
          unit: 'MB',
          target: atMost(peak, 250, 'MB'),
        })
      }
      return rows
    } finally {
      await server.stop()
    }
  } finally {
    await books.close()
  }
}

async function exportOnce(address: string, key: string, format: string, spans: number): Promise<void> {
  const headers = {
    authorization: `Bearer ${key}`,
    'content-type': 'application/json',
    'idempotency-key': `bench-${format}`,
  }
  const body = JSON.stringify({ format, account_id: PAYER })
  const asked = await fetch(`${address}/v1/exports`, { method: 'POST', headers, body })
  const { export_id: id } = (await asked.json()) as { export_id: string }
  for (;;) {
    const found = await fetch(`${address}/v1/exports/${id}`, { headers: { authorization: headers.authorization } })
    const { state, rows } = (await found.json()) as { state: string; rows: number }
    if (state === 'failed') throw new Error(`the export as ${format} failed`)
    if (state === 'done' && rows !== spans) throw new Error(`${rows} rows were exported of ${spans} spans`)
    if (state === 'done') return
    await sleep(100)
  }
}

/** How long the least takes that could do it, in milliseconds. */
async function copyOut(books: Books, path: string): Promise<number> {
  const text = `copy (select 'use', span_id, account_id, project_id, user_id, kind, sku, source, subject, run, started_at, ended_at, price_id,
      rate, rate * extract(epoch from ended_at - started_at)::bigint
    from usage_span where bucket = ${bucketOf(PAYER)} and account_id = '${PAYER}' order by started_at, span_id) to stdout (format csv)`
  const taken = await connected(books, (client) =>
    time(() => pipeline(client.query(copyStreams.to(text)), createWriteStream(path))),
  )
  if (statSync(path).size === 0) throw new Error('the floor copied nothing')
  return taken
}

/** Lets the most that a process kept in memory be counted anew. */
function forgetPeak(pid: number): void {
  if (process.platform === 'linux') writeFileSync(`/proc/${pid}/clear_refs`, '5')
}

/** Megabytes that a process kept in memory at most; undefined where the machine does not tell. */
function peakOf(pid: number): number | undefined {
  if (process.platform !== 'linux') return undefined
  return Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1000
}
