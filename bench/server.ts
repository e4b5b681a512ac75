import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { CHECKOUT } from '../src/app/config.ts'
import { startEmbedded } from '../src/app/embedded/index.ts'
import { boundaryBefore, openDatabase, query, systemClock, type App } from '../src/base/index.ts'
import { atMost, median, type Row } from './measure.ts'
import { makeFolder, TIME_ZONE, type Stage } from './stage.ts'
import { addSpans, openAccounts, publishPrices, settleDown, type Group } from './world.ts'

const STARTS = 5

/**
 * The served process as `npm start` runs it: from a cold data folder to ready, later starts, and what it keeps in memory, also after it
 * deducted and attributed 100,000 accounts. Beside it, the embedded database alone, and a Node that does nothing.
 */
export async function server(stage: Stage): Promise<Row[]> {
  const folder = makeFolder(stage, 'server')
  const first = await startServer(folder)
  const resident = residentOf(first.pid)
  await first.stop()
  const starts: number[] = []
  for (let n = 0; n < stage.part(STARTS, 1); n++) {
    const later = await startServer(folder)
    starts.push(later.ms)
    await later.stop()
  }
  const idle = await residentOfIdle()

  const group = { first: 1, last: stage.part(100_000, 100), projects: 1, users: 1, queues: 1 }
  stage.say(`loading ${group.last.toLocaleString('en')} accounts into the server's books`)
  const bare = await load(folder, group)
  const busy = await startServer(folder)
  await dueDone(folder)
  const peak = residentOf(busy.pid)
  await busy.stop()

  const memory = (name: string, value: number | undefined): Row[] => {
    if (value === undefined || idle === undefined) return []
    return [{ name, value, unit: 'MB', floor: { is: 'idle Node', value: idle }, target: atMost(value, 300, 'MB') }]
  }
  const cold = first.ms / 1000
  const later = median(starts) / 1000
  return [
    {
      name: 'first ready, cold data folder',
      value: cold,
      unit: 's',
      floor: { is: 'initdb and start alone', value: stage.opened / 1000 },
      target: atMost(cold, 15, 's'),
    },
    {
      name: 'later starts',
      value: later,
      unit: 's',
      floor: { is: 'database alone', value: bare / 1000 },
      target: atMost(later, 2, 's'),
    },
    ...memory('server resident, ready', resident?.now),
    ...memory(`server resident at most, through a tick of ${group.last.toLocaleString('en')} accounts`, peak?.most),
  ]
}

/** A server on a folder, once it is ready; `ms` from the command to its ready line, `pid` of the server itself. */
async function startServer(folder: string): Promise<{ ms: number; pid: number; stop(): Promise<void> }> {
  const { DATABASE_URL: _1, COREHOUR_TIME_ZONE: _2, NODE_TEST_CONTEXT: _3, ...inherited } = process.env
  const began = performance.now()
  const child = spawn(process.execPath, ['scripts/run.mjs', 'src/app/serve.ts', '--empty'], {
    cwd: CHECKOUT,
    env: { ...inherited, PORT: '0', HOST: '127.0.0.1', COREHOUR_DATA: folder },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = once(child, 'close')
  const stop = async () => {
    child.kill('SIGTERM')
    await ended
  }
  let said = ''
  child.stderr.on('data', (chunk) => (said += chunk))
  const ready = new Promise<void>((resolve) => {
    child.stdout.on('data', (chunk) => (said += chunk).includes('ready at') && resolve())
  })
  await Promise.race([ready, ended.then(() => Promise.reject(new Error(`the server ended: ${said}`)))])
  return { ms: performance.now() - began, pid: childOf(child), stop }
}

/** The process that the bootstrap has started; the bootstrap's own where that can't be seen. */
export function childOf({ pid }: ChildProcess): number {
  const path = `/proc/${pid}/task/${pid}/children`
  return existsSync(path) ? Number(readFileSync(path, 'utf8').split(' ')[0]) : pid!
}

/** Megabytes that a process keeps in memory now and kept at most; undefined where the machine does not tell. */
function residentOf(pid: number): { now: number; most: number } | undefined {
  const path = `/proc/${pid}/status`
  if (!existsSync(path)) return undefined
  const status = readFileSync(path, 'utf8')
  const field = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) / 1000
  return { now: field('VmRSS'), most: field('VmHWM') }
}

async function residentOfIdle(): Promise<number | undefined> {
  const child = spawn(process.execPath, ['-e', 'process.stdout.write("up"); setTimeout(() => {}, 60_000)'])
  await once(child.stdout, 'data')
  const resident = residentOf(child.pid!)?.now
  child.kill()
  return resident
}

/**
 * Writes accounts in which one span each has run for two hours, of which nothing is deducted yet. Answers how long the database
 * alone took to start, in milliseconds.
 */
async function load(folder: string, group: Group): Promise<number> {
  const began = performance.now()
  const embedded = await startEmbedded({ folder })
  const started = performance.now() - began
  const database = openDatabase(embedded.database())
  try {
    const app: App = { database, clock: systemClock, timeZone: TIME_ZONE, log: { info() {}, error() {} } }
    const at = boundaryBefore(systemClock.now()).subtract({ hours: 2 })
    await publishPrices(app)
    await openAccounts(database, group, at)
    await addSpans(app, group, 0, 0, at)
    await settleDown(database)
    return started
  } finally {
    await database.close()
    await embedded.stop()
  }
}

/** Waits until the running server has deducted and attributed all accounts. */
async function dueDone(folder: string): Promise<void> {
  const run = readFileSync(join(folder, 'pgdata', 'postmaster.pid'), 'utf8').split('\n')[4]!
  const database = openDatabase({ host: run, user: 'corehour', database: 'corehour', max: 1 })
  try {
    for (;;) {
      const [left] = await query<{ due: bigint }>(
        database.pool,
        {
          text: `select count(*) as due from wallet where settled_at < $1::timestamptz or attributed_at < $1`,
        },
        [boundaryBefore(systemClock.now()).subtract({ hours: 1 })],
      )
      if (left!.due === 0n) return
      await sleep(200)
    }
  } finally {
    await database.close()
  }
}
