// The server goes while a page is open, and comes back: in a real Chromium.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { after, before, test, type TestContext } from 'node:test'
import type { Browser } from 'playwright-core'
import { pay, YUAN } from '../lab.ts'
import { openChromium, visit, withoutChromium as skip } from './browser.ts'
import { openWorld } from './world.ts'

let chromium: Browser
before(async () => {
  if (!skip) chromium = await openChromium()
})
after(() => chromium?.close())

/** A line to a server that can be cut, and mended at the same address. */
async function openLine(t: TestContext, to: string) {
  const { hostname, port } = new URL(to)
  const sockets = new Set<Socket>()
  const server = createServer((near) => {
    const far = connect(Number(port), hostname)
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one)
      one.pipe(other).on('error', () => {})
      one.on('close', () => {
        sockets.delete(one)
        other.destroy()
      })
    }
  })
  const listen = async (at: number) => void (await once(server.listen(at, '127.0.0.1'), 'listening'))
  const cut = () => {
    server.close()
    for (const socket of sockets) socket.destroy()
  }
  await listen(0)
  const at = (server.address() as AddressInfo).port
  t.after(cut)
  return { address: `http://127.0.0.1:${at}`, cut, mend: () => listen(at) }
}

test('a page whose server is away keeps what it shows, says so, and comes back by itself', { skip }, async (t) => {
  const world = await openWorld(t, chromium)
  const person = await world.settleIn('Patient')
  await pay(world.api.app, person.accountId, 20n * YUAN)
  const line = await openLine(t, world.address)
  const { page, faults, leave } = await visit(chromium, line.address)
  await world.signIn(page, person.email)
  const main = page.getByRole('main')
  await main.getByText('¥20.00').first().waitFor()

  line.cut()
  await page.getByText('The server can’t be reached').waitFor()
  assert.ok((await main.getByText('¥20.00').count()) > 0, 'what was shown stays')
  // A page that was not loaded before comes once it can.
  await page.getByRole('link', { name: 'Top up' }).click()

  await pay(world.api.app, person.accountId, 5n * YUAN)
  await line.mend()
  await page.getByText('The server can’t be reached').waitFor({ state: 'detached' })
  // What could not be loaded meanwhile is there without a press.
  await page.getByRole('button', { name: 'Continue to payment' }).waitFor()
  await page.getByRole('banner').getByText('¥25.00').waitFor()
  const unexpected = faults.filter((fault) => !/^net::ERR_(CONNECTION|EMPTY|INCOMPLETE)/.test(fault))
  assert.deepEqual(unexpected, [])
  faults.length = 0
  await leave()
})
