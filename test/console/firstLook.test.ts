// What a page shows first: its frame before a script, what people came for without a question, and never what is old or another's. In a
// real Chromium.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser, Page, Route } from 'playwright-core'
import { pay, YUAN } from '../lab.ts'
import { eventually } from '../process.ts'
import { openChromium, withoutChromium as skip } from './browser.ts'
import { arrive, PASSWORD, type World } from './world.ts'

let chromium: Browser
before(async () => {
  if (!skip) chromium = await openChromium()
})
after(() => chromium?.close())

/** Holds requests to addresses of a kind until they are let go. */
async function hold(page: Page, address: RegExp) {
  let held: Route[] | undefined = []
  await page.route(address, (route) => (held ? void held.push(route) : route.continue()))
  return {
    /** Which paths were asked for, without the names of things. */
    paths: () => (held ?? []).map((each) => new URL(each.request().url()).pathname.replaceAll(/\b(acct)_\w+/g, '$1')),
    forget: () => void (held = []),
    async letGo() {
      const all = held ?? []
      held = undefined
      // Of a page that was left since nobody waits.
      await Promise.all(all.map((each) => each.continue().catch(() => {})))
    },
  }
}

/** Opens a page whose document brought so many answers: on a busy machine some may come too late for one. */
async function openWith(page: Page, path: string, answers: number): Promise<void> {
  for (let tries = 0; tries < 20; tries++) {
    const response = await page.goto(path, { waitUntil: 'commit' })
    if ((await response!.text()).split('data-answer=').length - 1 === answers) return
  }
  throw new Error(`${path} never came with ${answers} answers`)
}

/** How many answers a page brings, what it shows by them, and what it asks later. */
const PAGES = [
  {
    path: '/',
    answers: 2,
    shows: '¥20.00',
    later: ['/accounts/acct/lots', '/accounts/acct/postings', '/bill-lines/totals'],
  },
  { path: '/bill', answers: 4, shows: 'Nothing is billed yet', later: ['/bill-lines/totals'] },
  { path: '/pricing', answers: 4, shows: 'c2_m4_cpu', later: [] },
  { path: '/top-up', answers: 4, shows: 'Continue to payment', later: [] },
]

test('pages show what people came for without a question: their documents brought it', { skip }, async (t) => {
  const { world, person, page } = await arrive(t, chromium, 'Early')
  await pay(world.api.app, person.accountId, 20n * YUAN)
  const api = await hold(page, /\/v1\//)
  for (const { path, answers, shows, later } of PAGES) {
    const allowed = ['/accounts/acct/events', '/messages', ...later].map((each) => `/v1${each}`)
    const early = () => api.paths().filter((each) => !allowed.includes(each))
    const main = page.getByRole('main').getByText(shows).first()
    // Scripts that a busy machine runs too late ask themselves, rightly: not each time.
    for (let tries = 0; tries < 5; tries++) {
      api.forget()
      await openWith(page, path, answers)
      await eventually(`${path} shows ${shows}, or asks`, async () => (await main.isVisible()) || early().length > 0)
      if (early().length === 0) break
    }
    assert.deepEqual(early(), [], `${path} asks first what books/first.ts does not name`)
    await page.getByRole('banner').getByText('¥20.00').waitFor()
    await page.locator('script[data-answer]').first().waitFor({ state: 'detached' })
  }
})

test('the frame stands before a script has come, and nothing moves when they have', { skip }, async (t) => {
  const { world, page } = await arrive(t, chromium, 'Slow')
  for (const viewport of [
    { width: 390, height: 844 },
    { width: 1280, height: 900 },
  ]) {
    const { page: slow } = await world.visit({ viewport, storageState: await page.context().storageState() })
    // What lies below the balance is asked for later.
    await slow.addInitScript(`globalThis.moved = []
      new PerformanceObserver((list) => moved.push(...list.getEntries().flatMap(({ sources }) => sources.map(({ node }) => node)
        .filter((node) => node?.isConnected && !node.parentElement.closest('section') && !node.matches?.('section ~ *'))
        .map((node) => node.outerHTML ?? node.textContent))))
        .observe({ type: 'layout-shift', buffered: true })`)
    const scripts = await hold(slow, /\/assets\/index-.*\.js/)
    await openWith(slow, '/', 2)
    const [header, mark] = [slow.locator('header').first(), slow.locator('header img')]
    await mark.waitFor()
    const boxes = async () => [await header.boundingBox(), await mark.boundingBox()]
    const before = await boxes()
    await scripts.letGo()
    await slow.getByRole('heading', { name: 'Expenses' }).waitFor()
    await slow.getByRole('main').getByText('Nothing was used').waitFor()
    assert.deepEqual(await boxes(), before)
    assert.deepEqual(await slow.evaluate('moved'), [])
  }
})

test('without scripts a page says that it needs them, as light or dark as the machine', { skip }, async (t) => {
  const { world } = await arrive(t, chromium, 'Careful')
  const papers: string[] = []
  for (const colorScheme of ['light', 'dark'] as const) {
    const { page, faults } = await world.visit({ javaScriptEnabled: false, colorScheme })
    await page.goto('/bill')
    await page.locator('noscript p').first().waitFor()
    assert.match(await page.locator('noscript').innerText(), /need JavaScript[^]*需要 JavaScript/)
    papers.push(await page.locator('body').evaluate('getComputedStyle(document.body).backgroundColor'))
    // Scripts that it names are not let through, which is what was asked for.
    faults.splice(0)
  }
  assert.deepEqual(papers, ['rgb(247, 246, 242)', 'rgb(16, 20, 18)'])
})

test(
  'a theme that was chosen holds whatever the machine says; what is printed is dark on white',
  { skip },
  async (t) => {
    const { world } = await arrive(t, chromium, 'Chooser')
    const { page } = await world.visit({ colorScheme: 'dark' })
    const paper = () => page.locator('body').evaluate('getComputedStyle(document.body).backgroundColor')
    await page.goto('/pricing')
    await page.getByRole('button', { name: 'Theme: Light' }).click()
    await eventually('it is light', async () => (await paper()) === 'rgb(247, 246, 242)')
    await page.reload()
    await page.getByRole('button', { name: 'Theme: Dark' }).waitFor()
    await eventually('it stays light', async () => (await paper()) === 'rgb(247, 246, 242)')
    await page.getByRole('button', { name: 'Theme: Dark' }).click()
    await eventually('it is dark', async () => (await paper()) === 'rgb(16, 20, 18)')
    await page.emulateMedia({ media: 'print' })
    const ink = () => page.locator('body').evaluate('getComputedStyle(document.body).color')
    await eventually('it is printed so', async () => (await paper()) === 'rgb(255, 255, 255)')
    assert.equal(await ink(), 'rgb(27, 33, 30)')
  },
)

/** Orders something, as another window of the same person does. */
async function orderElsewhere({ api }: World, page: Page): Promise<void> {
  const [session] = await page.context().cookies()
  const cookie = `${session!.name}=${session!.value}`
  const { status } = await api.call('POST', '/v1/top-up-orders', { cookie, body: { amount: '3', channel: 'alipay' } })
  assert.equal(status, 201)
}

test('what was booked while the scripts came is shown, also where they came too late', { skip }, async (t) => {
  const { world, person, page } = await arrive(t, chromium, 'Late')
  const { app } = world.api
  const orders = page.getByRole('region', { name: 'Orders' }).getByRole('row')
  await pay(app, person.accountId, 20n * YUAN)
  for (const [isLate, shown, rows] of [
    [false, '¥25.00', 2],
    [true, '¥30.00', 3],
  ] as const) {
    // As if a quarter of a minute had passed, and more.
    if (isLate)
      await page.addInitScript('const now = performance.now.bind(performance); performance.now = () => now() + 60_000')
    const scripts = await hold(page, /\/assets\/index-.*\.js/)
    await openWith(page, '/top-up', 4)
    await pay(app, person.accountId, 5n * YUAN)
    await orderElsewhere(world, page)
    const first = page.waitForRequest(/\/v1\//)
    await scripts.letGo()
    await page.getByRole('banner').getByText(shown).waitFor()
    await orders.nth(rows - 1).waitFor()
    // The stream would mend what is old; the page does not begin with it.
    if (isLate) assert.match((await first).url(), /\/v1\/sessions\/current$/)
  }
})

test('who signs out, and who signs in after them, sees nothing of theirs by going back', { skip }, async (t) => {
  const { world, person, page } = await arrive(t, chromium, 'Zaphod')
  await pay(world.api.app, person.accountId, 77n * YUAN)
  const second = await world.settleIn('Second')
  for (const path of ['/', '/bill', '/top-up']) {
    await page.goto(path)
    await page.getByRole('banner').getByText('¥77.00').waitFor()
  }
  await page.getByRole('button', { name: 'Account of Zaphod' }).click()
  await page.getByRole('menuitem', { name: 'Sign out' }).click()
  await page.waitForURL('**/sign-in')
  await page.goBack()
  await page.waitForURL('**/sign-in**')
  await page.getByLabel('E-mail').waitFor()
  assert.doesNotMatch(await page.content(), /77\.00|Zaphod/)

  await page.getByLabel('E-mail').fill(second.email)
  await page.getByLabel('Password').fill(PASSWORD)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('banner').getByText('¥0.00').waitFor()
  for (let steps = 0; steps < 3; steps++) {
    await page.goBack()
    await page.getByRole('banner').getByText('¥0.00').waitFor()
    assert.doesNotMatch(await page.content(), /77\.00|Zaphod/)
  }
})
