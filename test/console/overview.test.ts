// What staff see of all accounts together, and of what they did, in a real Chromium over the real server.
import assert from 'node:assert/strict'
import { after, before, test, type TestContext } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { CPUS, GPU, openPayer, pay, send, YUAN } from '../lab.ts'
import { openChromium, withoutChromium as skip } from './browser.ts'
import { openWorld, type World } from './world.ts'

let chromium: Browser
before(async () => {
  if (!skip) chromium = await openChromium()
})
after(() => chromium?.close())

/** Signs an operator in once the world stands as it should: whoever of the staff does nothing for an hour is signed out. */
async function asOperator(world: World): Promise<Page> {
  const { email } = await world.settleIn('Grace Hopper', 'operator')
  const { page } = await world.visit()
  await world.signIn(page, email)
  return page
}

/** One account pays for four cores for two hours, another owes a GPU's two hours. */
async function openUsed(t: TestContext): Promise<World> {
  const world = await openWorld(t, chromium)
  const { app, clock, lab } = world.api
  const other = await openPayer(app, 'Other')
  await pay(app, lab.accountId, YUAN)
  const start = clock.now().toString()
  const used = [
    { job: 'cores', who: lab, what: { ...CPUS, kind: 'job' } },
    { job: 'gpu', who: other, what: { ...GPU, kind: 'node' } },
  ]
  for (const { job, who, what } of used)
    await send(app, job, 'started', start, { project: who.projectId, user: who.userId, ...what })
  await world.pass(7200)
  for (const { job, who } of used) await send(app, job, 'stopped', clock.now().toString(), { project: who.projectId })
  await world.pass(3600)
  return world
}

test(
  'revenue by day is a chart whose parts are those of the table, to the grain; arrears have their age',
  { skip },
  async (t) => {
    const page = await asOperator(await openUsed(t))
    await page.goto('/staff')
    const sheet = page.getByRole('region', { name: 'Revenue' })
    for (const [group, parts] of [
      ['Kind', { Jobs: '¥0.40', Nodes: '¥4.00' }],
      ['SKU', { cpu: '¥0.40', gpu: '¥4.00' }],
      ['Channel', { test: '¥0.40', 'Nobody yet': '¥4.00' }],
      ['Day', {}],
    ] as const) {
      await sheet.getByRole('button', { name: group, exact: true }).click()
      await sheet.getByRole('img', { name: `Revenue, By ${group}` }).waitFor()
      const table = sheet.getByRole('group', { name: group })
      for (const [name, sum] of Object.entries(parts)) {
        await sheet.getByRole('listitem').filter({ hasText: name }).getByText(sum).waitFor()
        await table.getByRole('row').filter({ hasText: name }).getByText(sum).first().waitFor()
      }
      await table.getByRole('row').filter({ hasText: 'Total' }).getByText('¥4.40').waitFor()
      await sheet.getByRole('listitem').filter({ hasText: 'Total' }).getByText('¥4.40').waitFor()
    }
    // A bar that is pointed at is named, with its sums; by the keyboard the same stands in the table of days.
    await sheet.locator('figure svg > g').last().hover()
    await sheet.getByRole('listitem').filter({ hasText: 'Total' }).waitFor({ state: 'detached' })
    await sheet.locator('summary').press('Enter')
    await sheet.locator('details').getByRole('row').nth(30).waitFor()
    assert.equal(await sheet.locator('details').getByRole('row').count(), 31)

    const liabilities = page.getByRole('region', { name: 'Owed to customers and by them, CNY' })
    for (const [name, sum] of [
      ['Cash', '¥0.60'],
      ['Arrears', '¥4.00'],
      ['Experience cards', '¥0.00'],
    ] as const)
      await liabilities.locator('dl > div').filter({ hasText: name }).getByText(sum).waitFor()
    const arrears = page.getByRole('region', { name: 'Arrears by age' })
    await arrears.getByRole('row', { name: '0 to 30 days ago 1 ¥4.00' }).waitFor()

    // From an age to the accounts behind it, and on to each.
    await arrears.getByRole('link', { name: '0 to 30 days ago' }).click()
    await page.waitForURL('/staff/arrears?to=31&currency=CNY')
    const owing = page.getByRole('group', { name: 'Accounts in arrears' }).getByRole('row').filter({ hasText: 'Other' })
    await owing.getByText('¥4.00').first().waitFor()
    await page.goto('/staff/arrears?from=31&to=61&currency=CNY')
    await page.getByText('Nobody owes anything of this age').waitFor()
    await page.getByRole('button', { name: 'All' }).click()
    await page.waitForURL('/staff/arrears?currency=CNY')
    await owing.getByRole('link', { name: 'Other' }).click()
    await page.getByRole('heading', { name: 'Other' }).waitFor()
  },
)

test(
  'the staff log is found by who, what, about whom and when, in the address, and on a phone it is whole',
  { skip },
  async (t) => {
    const world = await openUsed(t)
    const { api } = world
    const other = await openPayer(api.app, 'Zed')
    const block = (accountId: string, reason: string) =>
      api.call('POST', `/v1/accounts/${accountId}/block`, { key: api.keys.staff, body: { reason } })
    // More than a page.
    for (let n = 10; n < 70; n++) {
      api.clock.advance(1)
      await block(api.lab.accountId, `Reason ${n}`)
    }
    api.clock.advance(1)
    const page = await asOperator(world)
    await page.goto(`/staff/accounts/${other.accountId}`)
    await page.getByLabel('Reason, said to whoever is refused').fill('By hand')
    await page.getByRole('button', { name: 'Block', exact: true }).click()
    await page.getByRole('button', { name: 'Let it start work again' }).click()
    await page.getByRole('button', { name: 'Block', exact: true }).waitFor()

    await page.getByRole('link', { name: 'Staff log' }).first().click()
    const log = page.getByRole('group', { name: 'Staff log' })
    const row = (text: string) => log.getByRole('row').filter({ hasText: text })
    await row('Reason 69').waitFor()
    await row('Reason 1').waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'Show more' }).click()
    await row('Reason 10').waitFor()

    await page.getByLabel('Who').selectOption({ label: 'Grace Hopper' })
    await row('Reason 69').waitFor({ state: 'detached' })
    await row('By hand').getByText('Blocked an account').waitFor()
    await page.getByLabel('Did').selectOption({ label: 'Let an account work again' })
    await row('By hand').waitFor({ state: 'detached' })
    await row('Let an account work again').waitFor()
    assert.match(page.url(), /who=user_.*did=accounts\.unblock/)
    await page.getByRole('button', { name: 'Clear filters' }).click()
    await row('Reason 69').waitFor()

    await page.getByRole('button', { name: 'Account: All' }).click()
    await page.getByPlaceholder('Name, id or e-mail').fill('zed')
    await page.getByRole('option', { name: 'Zed', exact: true }).click()
    await row('Reason 69').waitFor({ state: 'detached' })
    await row('By hand').waitFor()
    const chosen = page.url()
    await page.goto(`${chosen}&from=2020-01-01&through=2020-01-02`)
    await page.getByText('Nothing like this was done').waitFor()

    const { page: phone } = await world.visit({
      viewport: { width: 375, height: 740 },
      storageState: await page.context().storageState(),
    })
    await phone.goto(chosen)
    await phone.getByLabel('Account: Zed').waitFor()
    const cell = phone.getByRole('cell').filter({ hasText: 'By hand' }).filter({ visible: true })
    await cell.waitFor()
    assert.match(await cell.innerText(), new RegExp(`Blocked an account\\s+Grace Hopper.*${other.accountId}`, 's'))
    const over = await phone.evaluate<number>(
      `Math.max(...[...document.querySelectorAll('main, main [role=group]')].map((box) => box.scrollWidth - box.clientWidth))`,
    )
    assert.equal(over, 0, 'nothing is scrolled sideways')
  },
)
