import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { CHECKOUT } from '../src/app/config.ts'
import { SYSTEM, transact, type App } from '../src/base/index.ts'
import { createKey } from '../src/identity/index.ts'
import { requestOf, sendAll, type Load } from './load.ts'
import { atMost, chances, type Row } from './measure.ts'
import { makeFolder, type Stage } from './stage.ts'
import { childOf } from './server.ts'
import { openAccounts, projectId, publishPrices, QUANTITY, settleDown, userId, type Group } from './world.ts'

/** As many as keep all busy: with a third less the processors wait for requests now and then. */
const CONNECTIONS = 80
/** Those that hold money wait for the disk, so that fewer do. */
const HOLDING = 64
const ROUNDS = 5
/** Schedulers ask about many jobs in one request. */
const SCHEDULERS = 8
const TOGETHER = 16

/**
 * Admission over HTTP against a served process, load generator and database on the same two cores: without a hold, and with one, each of a
 * random one of 100,000 accounts. Beside it, a route that answers a constant through the same generator.
 */
export async function admission(stage: Stage): Promise<Row[]> {
  const books = await stage.openBooks('admission')
  try {
    const group = { first: 1, last: stage.part(100_000, 100), projects: 1, users: 1, queues: 1 }
    await publishPrices(books.app)
    await openAccounts(books.database, group)
    await settleDown(books.database)
    const key = await platformKey(books.app)
    const server = await serve(books.address, makeFolder(stage, 'admission'))
    try {
      return await measure(stage, server.address, key, group)
    } finally {
      await server.stop()
    }
  } finally {
    await books.close()
  }
}

async function measure(stage: Stage, address: string, key: string, group: Group): Promise<Row[]> {
  const chance = chances()
  let serial = 0
  // So many that a percentile is of a hundred waves of connections or more: one pause of the disk is not the hundredth part of them.
  const count = stage.part(60_000, 500)
  const asked = () => {
    const account = group.first + Math.floor(chance() * group.last)
    const [project, user] = [projectId(account, 0), userId(account, 0)]
    return { project, user, kind: 'job', sku: 'queue:q0', quantity: QUANTITY }
  }
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
  const ask = (hold: string) => {
    const named = hold === 'none' ? headers : { ...headers, 'idempotency-key': `bench-${++serial}` }
    return requestOf('POST', '/v1/admissions', named, JSON.stringify({ ...asked(), hold }))
  }
  const check = () =>
    requestOf(
      'POST',
      '/v1/admissions/check',
      headers,
      JSON.stringify({ asks: Array.from({ length: TOGETHER }, asked) }),
    )
  const best = async (requests: () => Buffer[], connections = CONNECTIONS): Promise<Load> => {
    const rounds: Load[] = []
    for (let round = 0; round <= ROUNDS; round++) rounds.push(await sendAll(address, requests(), connections))
    // The first warms up.
    return rounds.slice(1).sort((a, b) => b.perSecond - a.perSecond)[Math.floor(ROUNDS / 2)]!
  }
  const constant = requestOf('GET', '/healthz', {})
  const floor = await best(() => Array.from({ length: count }, () => constant))
  const looked = await best(() => Array.from({ length: count }, () => ask('none')))
  const checked = await best(() => Array.from({ length: Math.ceil((count * 2) / TOGETHER) }, check), SCHEDULERS)
  const held = await best(() => Array.from({ length: Math.ceil(count / 2) }, () => ask('interval')), HOLDING)
  return [
    ...rowsOf('admission without a hold', looked, floor, 20_000, 10),
    ...rowsOf(
      `.. ${TOGETHER} questions a request`,
      { ...checked, perSecond: checked.perSecond * TOGETHER },
      floor,
      20_000,
      10,
    ),
    ...rowsOf('admission with a hold', held, floor, 4000, 25),
  ]
}

function rowsOf(name: string, load: Load, floor: Load, target: number, p99: number): Row[] {
  const met = load.perSecond >= target
  return [
    {
      name,
      value: load.perSecond,
      unit: 'admissions/s',
      floor: { is: 'constant route', value: floor.perSecond },
      target: { text: `>= ${target.toLocaleString('en')}`, met },
    },
    {
      name: `${name}, p99`,
      value: load.p99,
      unit: 'ms',
      floor: { is: 'constant route', value: floor.p99 },
      target: atMost(load.p99, p99, 'ms'),
    },
  ]
}

function platformKey(app: App): Promise<string> {
  return transact(app, SYSTEM, async (tx) => {
    return (await createKey(tx, { name: 'bench', scope: 'platform', sources: ['bench'] })).secret
  })
}

/** The server as it is started, on given books, with any number of requests a minute; without a sandbox unless it is told so. */
export async function serve(
  databaseUrl: string,
  folder: string,
  options: readonly string[] = ['--empty'],
  environment: Record<string, string> = { COREHOUR_SANDBOX: 'off' },
): Promise<{ address: string; sandbox: Promise<string>; pid: number; stop(): Promise<void> }> {
  const child = spawn(process.execPath, ['scripts/run.mjs', 'src/app/serve.ts', ...options], {
    cwd: CHECKOUT,
    env: {
      ...process.env,
      ...{ DATABASE_URL: databaseUrl, COREHOUR_DATA: folder, PORT: '0', HOST: '127.0.0.1' },
      COREHOUR_REQUESTS_A_MINUTE: '100000000',
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = once(child, 'exit')
  const sandbox = Promise.withResolvers<string>()
  const address = new Promise<string>((resolve, reject) => {
    let said = ''
    child.stdout.on('data', (chunk) => {
      const found = /ready at (\S+)/.exec(String(chunk))?.[1]
      if (found) resolve(found)
      const beside = /paid at (\S+),/.exec(String(chunk))?.[1]
      if (beside) sandbox.resolve(beside)
    })
    // Its log tells every change: only the end of it matters, where the server fails.
    child.stderr.on('data', (chunk) => (said = `${said}${chunk}`.slice(-4000)))
    child.on('exit', () => reject(new Error(`the server ended: ${said}`)))
  })
  return {
    address: await address,
    /** Where it is, on a server that has one. */
    sandbox: sandbox.promise,
    pid: childOf(child),
    async stop() {
      child.kill('SIGTERM')
      await ended
    },
  }
}
