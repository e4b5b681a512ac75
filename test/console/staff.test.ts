// What staff do, in a real Chromium over the real server and the sandbox.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { openChromium, withoutChromium as skip } from './browser.ts'
import { SYSTEM, transact } from '../../src/base/index.ts'
import { createProject } from '../../src/identity/index.ts'
import { CPUS, pay, send, YUAN } from '../lab.ts'
import { eventually } from '../process.ts'
import { arrive, type World } from './world.ts'

/** What only chooses what is shown. */
const SHOWS = /^(7 d|30 d|90 d|Project|Kind|SKU|User|Show more|)$/

let chromium: Browser
before(async () => {
  if (!skip) chromium = await openChromium()
})
after(() => chromium?.close())

/** In halves: whoever of the staff does nothing for an hour is signed out. */
async function passAnHour(world: World, page: Page): Promise<void> {
  for (let half = 0; half < 2; half++) {
    await world.pass(1800)
    await page.reload()
    await page.getByRole('heading', { level: 1 }).waitFor()
  }
}

test(
  'staff publish a price: what it changes is shown, and everybody sees it from its instant on',
  { skip },
  async (t) => {
    const { world, page } = await arrive(t, chromium, 'Operator', 'operator')
    await page.getByRole('link', { name: 'Price list' }).first().click()
    const price = page.getByLabel('c2_m4_cpu: an hour')
    await price.fill('1,5')
    await page.getByText('Prices have at most six decimals').waitFor()
    await price.fill('0.55')
    await page.getByLabel('Another queue').fill('gpu-new')
    await page.getByRole('button', { name: 'Add' }).first().click()
    await page.getByLabel('gpu-new: a GPU hour').fill('3.25')
    const changes = page.getByRole('group', { name: 'What it changes' })
    await changes.getByRole('row', { name: 'gpu-new a GPU hour – 3.25' }).waitFor()
    await changes.getByRole('row', { name: 'c2_m4_cpu an hour 0.4 0.55' }).waitFor()
    await page.getByRole('button', { name: 'As text' }).click()
    assert.match(await page.getByRole('textbox', { name: 'The list' }).inputValue(), /"gpu_hour": "3.25"/)
    const at = world.api.clock.now().add({ seconds: 600 }).toString()
    await page.getByRole('button', { name: 'Takes effect: Choose a day' }).click()
    const isNextMonth = at.slice(0, 7) !== world.api.clock.now().toString().slice(0, 7)
    if (isNextMonth) await page.getByRole('button', { name: /next month/i }).click()
    await page.locator(`[data-day="${at.slice(0, 10)}"] button`).click()
    await page.getByLabel('Time').fill('25:00')
    await page.getByText('Such as 09:30').waitFor()
    await page.getByLabel('Time').fill(at.slice(11, 16))
    await page.getByRole('button', { name: 'Publish for good' }).click()
    await page.getByRole('alertdialog').getByRole('button', { name: 'Publish for good' }).dblclick()
    await page.getByText('Nothing yet: change a price.').waitFor()
    await page.getByRole('row').filter({ hasText: 'to come' }).waitFor()
    const priced = page.getByRole('row').filter({ hasText: 'c2_m4_cpu' })
    await page.goto('/pricing')
    await priced.getByText('0.40', { exact: true }).waitFor()
    await world.pass(600)
    await page.reload()
    await priced.getByText('0.55', { exact: true }).waitFor()
  },
)

test('staff issue cards: the codes come as a file, once, and each is worth its amount', { skip }, async (t) => {
  const { world, page } = await arrive(t, chromium, 'Operator', 'operator')
  await page.getByRole('link', { name: 'Experience cards' }).first().click()
  await page.getByLabel('Amount of each').fill('25')
  await page.getByLabel('How many').fill('3')
  await page.getByLabel('Note').fill('Open day')
  const [file] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Issue codes' }).dblclick(),
  ])
  const codes = readFileSync((await file.path())!, 'utf8')
    .trim()
    .split('\r\n')
    .slice(1)
  assert.equal(new Set(codes).size, 3)
  await page.getByRole('row').filter({ hasText: 'Open day' }).getByText('0 / 3').waitFor()
  // Pressed twice, issued once: this money is real.
  const { body: batches } = await world.api.call('GET', '/v1/card-batches', { key: world.api.keys.staff })
  assert.equal(batches.data.length, 1)

  const { email } = await world.settleIn('Student')
  const { page: theirs, expect: expectTheirs } = await world.visit()
  await world.signIn(theirs, email)
  await theirs.goto('/top-up')
  await theirs.getByLabel('Code').fill(codes[0]!.toLowerCase())
  await theirs.getByRole('button', { name: 'Redeem' }).click()
  await theirs.getByText('Redeemed:').waitFor()
  await theirs.goto('/')
  await theirs.getByText('¥25.00').first().waitFor()

  await page.getByRole('button', { name: 'Revoke: Open day' }).click()
  await page.getByRole('alertdialog').getByRole('button', { name: 'Revoke' }).click()
  await page.getByText('revoked', { exact: true }).waitFor()
  await theirs.goto('/top-up')
  expectTheirs(409, /\/cards\/redeem$/)
  await theirs.getByLabel('Code').fill(codes[1]!)
  await theirs.getByRole('button', { name: 'Redeem' }).click()
  await theirs.getByRole('alert').waitFor()
})

test('staff settle a payment that does not fit its order, and the payer has the money', { skip }, async (t) => {
  const { world, page } = await arrive(t, chromium, 'Operator', 'operator')
  const { api, sandbox } = world
  sandbox.misbehave({ name: 'wrong_amount', channel: 'alipay', minor: -100 })
  const { body: order } = await api.call('POST', '/v1/top-up-orders', {
    key: api.keys.customer,
    body: { amount: '200', channel: 'alipay' },
  })
  sandbox.pay('alipay', order.order_id)
  await sandbox.settle()
  // The page reads its list once a minute: it is opened once there is one.
  await eventually('the dispute is there', async () => {
    const { body } = await api.call('GET', '/v1/disputes', { key: api.keys.staff, query: { state: 'open' } })
    return body.data.length > 0
  })
  await page.getByRole('link', { name: 'Disputes' }).first().click()
  await page.getByRole('heading', { name: 'Another amount than was ordered' }).waitFor()
  await page.getByLabel('Note').fill('One yuan short; credited as it came')
  await page.getByRole('button', { name: 'Credit it' }).dblclick()
  await page.getByText('None: every payment fits its order').waitFor()
  await page.getByRole('button', { name: 'Credited' }).click()
  await page.getByText('One yuan short').waitFor()
  const { body: account } = await api.call('GET', `/v1/accounts/${api.lab.accountId}`, { key: api.keys.staff })
  assert.equal(account.balance.settled.grains, String(199n * 3_600_000_000n))

  await page.goto('/staff/actions')
  await page.getByRole('cell').getByText('Settled a dispute').first().waitFor()
})

test('what is wrong stands first on Health, with what to do, and is gone once it is put right', { skip }, async (t) => {
  const { world, page } = await arrive(t, chromium, 'Operator', 'operator')
  const { api } = world
  await page.getByRole('link', { name: 'Health' }).first().click()
  await page.getByText('All is well').waitFor()
  const job = { user: api.lab.userId, kind: 'job', sku: 'queue:cpu', quantity: { cpu: '4' } }
  await send(api.app, 'job-1', 'started', api.clock.now().toString(), { project: 'proj_later', ...job })
  await passAnHour(world, page)
  const trouble = page.getByRole('listitem').filter({ hasText: 'A usage event names what is not there' })
  await trouble.getByText('Soon').waitFor()
  await trouble.getByText('Create the project, user or SKU').waitFor()
  await page.getByRole('cell', { name: 'unknown_project' }).waitFor()
  const { accountId, userId } = api.lab
  const project = { accountId, projectId: 'proj_later', creatorUserId: userId, name: 'Later' }
  await transact(api.app, SYSTEM, (tx) => createProject(tx, project))
  await world.pass(300)
  await page.getByText('All is well').waitFor()
})

test(
  'staff look at a customer’s pages: nothing there can be changed, and the log says who looked, and why',
  { skip },
  async (t) => {
    const { world, page } = await arrive(t, chromium, 'Grace Hopper', 'support')
    const { api } = world
    const { accountId, projectId } = api.lab
    await pay(api.app, accountId, 5n * YUAN)
    const job = { project: projectId, user: api.lab.userId, kind: 'job', ...CPUS }
    await send(api.app, 'job-1', 'started', api.clock.now().toString(), job)
    await passAnHour(world, page)

    await page.goto(`/staff/accounts/${accountId}`)
    await page.getByRole('link', { name: 'Deduction' }).first().click()
    await page.getByRole('cell', { name: 'job-1' }).waitFor()
    await page.goBack()
    await page.getByRole('button', { name: 'View as the customer' }).click()
    await page.getByLabel('Why').fill('Asked about Monday')
    await page.getByRole('button', { name: 'Open the view' }).dblclick()
    await page.waitForURL(/\/view\/view_\w+\/$/)
    const banner = page.getByRole('complementary', { name: 'You look at a customer’s pages' })
    const isMarked = () => banner.getByText('Asked about Monday').waitFor()
    const controls = async () => {
      const names = await page.locator('main button, main form, main select, header a[href$="top-up"]').allInnerTexts()
      return names.filter((name) => !SHOWS.test(name))
    }
    await page.getByRole('heading', { name: 'Expenses' }).waitFor()
    await page.getByRole('link', { name: 'Deduction' }).first().waitFor()
    await isMarked()
    assert.deepEqual(await controls(), [])
    await page.getByRole('link', { name: 'Bill', exact: true }).first().click()
    await page.getByRole('group', { name: 'Bill' }).getByRole('row').filter({ hasText: 'cpu' }).first().waitFor()
    await isMarked()
    assert.equal(await page.getByRole('button', { name: 'Download detailed bill' }).count(), 0)
    // From a line on to its deductions, as its owner goes.
    await page.getByRole('group', { name: 'Bill' }).getByRole('link').first().click()
    await page.getByRole('row').filter({ hasText: 'job-1' }).getByRole('link', { name: 'Deductions' }).click()
    await page.getByRole('group', { name: 'Deductions' }).getByRole('link', { name: 'Deduction' }).first().click()
    await page.waitForURL(/\/view\/view_\w+\/postings\/\d+$/)
    await page.getByRole('cell', { name: 'job-1' }).waitFor()
    await isMarked()
    assert.deepEqual(await controls(), [])
    await page.getByRole('link', { name: 'Projects' }).first().click()
    await page
      .getByRole('link', { name: 'Lab’s project' })
      .or(page.getByRole('link', { name: "Lab's project" }))
      .click()
    await page.getByRole('group', { name: 'Members' }).waitFor()
    await isMarked()
    assert.deepEqual(await controls(), [])
    await page.getByRole('link', { name: 'Running' }).first().click()
    await page.getByRole('cell', { name: 'job-1' }).first().waitFor()
    assert.deepEqual(await controls(), [])

    // Not only the page: the server takes no change from within a view.
    const view = new URL(page.url()).pathname.split('/')[2]!
    const headers = { 'x-corehour-view': view, 'x-corehour-client': 'console', 'sec-fetch-site': 'same-origin' }
    const made = await page.request.post('/v1/projects', {
      headers: { ...headers, 'idempotency-key': 'k' },
      data: { name: 'Mine' },
    })
    assert.deepEqual([made.status(), (await made.json()).code], [403, 'view_only'])

    await page.getByRole('link', { name: 'Leave the view' }).click()
    await page.waitForURL(`/staff/accounts/${accountId}`)
    const logged = page.getByRole('row').filter({ hasText: 'Viewed as the customer' })
    await logged.getByText('Asked about Monday').filter({ visible: true }).waitFor()
    assert.match(await logged.innerText(), /Grace Hopper/)
    // Pressed twice, looked once.
    assert.equal(await logged.count(), 1)
  },
)
