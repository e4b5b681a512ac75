import { makeHandlers } from '../src/app/api/handlers/index.ts'
import { openKeyring } from '../src/app/api/keyring.ts'
import { openShelf } from '../src/app/api/shelf.ts'
import { VERSION } from '../src/app/config.ts'
import { buildHttp } from '../src/app/http.ts'
import { newId, SYSTEM, transact, type App } from '../src/base/index.ts'
import { addPassword, findUser, hashPassword } from '../src/identity/index.ts'
import { measureBill, MOST } from '../scripts/web/figures.ts'
import { buildApart, isStale } from '../scripts/web.mjs'
import { openChromium, withoutChromium } from '../test/console/browser.ts'
import { openBills, type BillGroup } from './billWorld.ts'
import { atMost, type Row } from './measure.ts'
import { makeFolder, type Books, type Stage } from './stage.ts'
import { settleDown, userId } from './world.ts'

const DAYS = 100

/**
 * The bill page of an account with a million lines, as a Chromium opens it with nothing kept: how long until its largest part stands. Beside it
 * the same page of an account with 100 lines. Fails where something on it moves.
 */
export async function page(stage: Stage): Promise<Row[]> {
  if (withoutChromium) {
    stage.say(withoutChromium)
    return []
  }
  if (isStale()) await buildApart(process.execPath)
  const books = await stage.openBooks('page')
  try {
    const small: BillGroup = { first: 1, last: 1, projects: 1, users: 1, queues: 1, keys: 1 }
    const large = { first: 2, last: 2, projects: 500, users: 4, queues: 5, keys: stage.part(10_000, 40) }
    await openBills(books, [small, large], DAYS)
    await settleDown(books.database)
    const served = await serve(books, makeFolder(stage, 'shelf'))
    try {
      const floor = await lcpOf(served, await signIn(served, books.app, small.last))
      const value = await lcpOf(served, await signIn(served, books.app, large.last))
      return [
        {
          name: `bill page in a browser, ${(large.keys * DAYS).toLocaleString('en')} lines, largest part stands`,
          value,
          unit: 'ms',
          floor: { is: '100 lines', value: floor },
          target: atMost(value, MOST.lcp, 'ms'),
        },
      ]
    } finally {
      await served.close()
    }
  } finally {
    await books.close()
  }
}

type Served = { address: string; close(): Promise<void> }

/** The API and the console over some books. */
async function serve({ app, clock }: Books, folder: string): Promise<Served> {
  const keyring = openKeyring(app)
  const till = {
    ...{ gateways: new Map(), least: 1n, most: 1n, contact: '' },
    exchange: { rate: '7', margin: '0', source: 'bench' },
  }
  const services = {
    ...{ keyring, till, version: VERSION, holdHours: 24, sandbox: false, sendsMail: false, publicUrl: undefined },
    shelf: openShelf(folder, 'secret', clock),
    support: { email: undefined, phone: undefined },
  }
  const http = buildHttp(app, {
    isReady: async () => true,
    outbox: false,
    proxies: [],
    api: { handlers: makeHandlers(services), services, requestsAMinute: 1_000_000 },
  })
  const address = await http.listen({ host: '127.0.0.1', port: 0 })
  const close = async () => {
    await http.close()
    await keyring.close()
  }
  return { address, close }
}

/** Gives the first user of an account a password; answers the cookie of a session. */
async function signIn({ address }: Served, app: App, serial: number): Promise<string> {
  const [email, password] = [`${serial}@example.org`, newId('key', app.clock.now())]
  const secret = await hashPassword(password)
  await transact(app, SYSTEM, async (tx) => addPassword(tx, (await findUser(tx, userId(serial, 0)))!, email, secret))
  const response = await fetch(`${address}/v1/sessions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin', 'x-corehour-client': 'bench' },
    body: JSON.stringify({ email, password }),
  })
  if (!response.ok) throw new Error(`signing in was answered ${response.status}: ${await response.text()}`)
  return response.headers.getSetCookie()[0]!.split(';')[0]!.split('=')[1]!
}

/** @throws where something on the page moves. */
async function lcpOf({ address }: Served, customer: string): Promise<number> {
  const browser = await openChromium()
  try {
    const { lcp, cls, moved } = await measureBill(browser, { address, cookies: { customer } })
    if (cls > 0) throw new Error(`the bill page moves by ${cls}: ${moved.join(', ')}`)
    return lcp
  } finally {
    await browser.close()
  }
}
