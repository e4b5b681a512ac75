import type { TestContext } from 'node:test'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { startSandbox, type Sandbox } from '../../sandbox/index.ts'
import { buildApart, isStale } from '../../scripts/web.mjs'
import { runBeat } from '../../src/app/beat.ts'
import { runExports } from '../../src/app/exporter.ts'
import { runPayments } from '../../src/app/payments.ts'
import { runReactions } from '../../src/app/reactions.ts'
import type { Channel, Gateway } from '../../src/payments/index.ts'
import { moveByHand } from '../../src/app/testClock.ts'
import { newId, SYSTEM, transact } from '../../src/base/index.ts'
import {
  addPassword,
  createProject,
  createUser,
  hashPassword,
  searchUsers,
  setStaffRole,
} from '../../src/identity/index.ts'
import { openAccount } from '../../src/wallet/index.ts'
import { openTestApi, type TestApi } from '../api.ts'
import { YUAN } from '../lab.ts'
import { openGateways } from '../topups/shop.ts'
import { visit, type Visit } from './browser.ts'

export type Person = { email: string; accountId: string }

/** A served Corehour with its console, the sandbox as its gateways and what runs beside HTTP, on one clock that is moved by hand. */
export type World = {
  api: TestApi
  address: string
  sandbox: Sandbox
  /** Moves the clock and does what falls due on its way. */
  pass(seconds: number): Promise<void>
  /** A window on it, which is closed when the test ends: before the server, which waits for the streams that windows follow. */
  visit(options?: BrowserContextOptions): Promise<Visit>
  signIn(page: Page, email: string): Promise<void>
  /** A person with a password, and a role of staff's where one is named. */
  settleIn(name: string, role?: 'operator' | 'finance' | 'support'): Promise<Person>
}

export const PASSWORD = 'four words in a row'
let hashed: Promise<string> | undefined

export async function openWorld(t: TestContext, browser: Browser): Promise<World> {
  if (isStale()) await buildApart(process.execPath)
  const gateways = new Map<Channel, Gateway>()
  const exchange = { rate: '7.10', margin: '0.02', source: 'test' }
  const till = { gateways, least: YUAN, most: 20_000n * YUAN, exchange, contact: 'help@example.org' }
  // Pages reckon days by the machine's calendar: the world stands where it does, on a boundary.
  const now = Temporal.Now.instant().epochMilliseconds
  const at = Temporal.Instant.fromEpochMilliseconds(now - (now % 300_000)).toString()
  const api = await openTestApi({ at, till, outbox: true })
  const sandbox = await startSandbox({ port: 0, clock: api.clock })
  const address = await api.http.listen({ host: '127.0.0.1', port: 0 })
  openGateways(gateways, sandbox, address, api, 5000)
  const stopping = new AbortController()
  const { app } = api
  const beside = [
    runExports(app, api.shelf, stopping.signal),
    runReactions(app, stopping.signal),
    runBeat(app, stopping.signal),
    runPayments(app, till, stopping.signal),
  ]
  const visits: Visit[] = []
  t.after(async () => {
    const left = await Promise.allSettled(visits.map(({ leave }) => leave()))
    stopping.abort()
    await Promise.all(beside)
    await sandbox.close()
    await api.close()
    for (const each of left) if (each.status === 'rejected') throw each.reason
  })
  const clock = moveByHand(app, api.clock)
  return {
    api,
    address,
    sandbox,
    pass: async (seconds) => void (await clock.advance(app.clock.now().add({ seconds }))),
    async visit(options) {
      const visited = await visit(browser, address, options)
      visits.push(visited)
      return visited
    },
    signIn,
    settleIn: (name, role) => settleIn(api, name, role),
  }
}

async function settleIn({ app }: TestApi, name: string, role?: 'operator' | 'finance' | 'support') {
  const email = `${newId('user', app.clock.now()).slice(-12)}@example.org`
  const secret = await (hashed ??= hashPassword(PASSWORD))
  const accountId = newId('acct', app.clock.now())
  await transact(app, SYSTEM, async (tx) => {
    await openAccount(tx, { accountId, name, currency: 'CNY' })
    const user = await createUser(tx, { accountId, userId: newId('user', app.clock.now()), name, email })
    await addPassword(tx, user, email, secret)
    if (role) await setStaffRole(tx, user.userId, role)
  })
  return { email, accountId }
}

async function signIn(page: Page, email: string): Promise<void> {
  await page.goto('/sign-in')
  await page.getByLabel('E-mail').fill(email)
  await page.getByLabel('Password').fill(PASSWORD)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.waitForURL((url) => url.pathname !== '/sign-in')
}

/** A project of somebody's, as events name it with the person who uses it. */
export function openProject({ api: { app } }: World, { accountId, email }: Person, name: string) {
  const project = newId('proj', app.clock.now())
  return transact(app, SYSTEM, async (tx) => {
    const [user] = await searchUsers(tx, email, 1)
    await createProject(tx, { accountId, projectId: project, creatorUserId: user!.userId, name })
    return { project, user: user!.userId }
  })
}

/** A world, and somebody signed in to it. */
export async function arrive(t: TestContext, browser: Browser, name: string, role?: 'operator' | 'support') {
  const world = await openWorld(t, browser)
  const person = await world.settleIn(name, role)
  const visited = await world.visit()
  await signIn(visited.page, person.email)
  return { world, person, ...visited }
}
