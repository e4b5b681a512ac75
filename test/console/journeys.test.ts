// What people do, from the first page to the last figure, in a real Chromium over the real server and the sandbox.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { openChromium, settle, withoutChromium as skip, type Visit } from './browser.ts'
import { arrive, openWorld, PASSWORD, type World } from './world.ts'

let chromium: Browser
before(async () => {
  if (!skip) chromium = await openChromium()
})
after(() => chromium?.close())

/** What the books say that an account has, in grains. */
async function settledOf({ api }: World, accountId: string): Promise<bigint> {
  const { body } = await api.call('GET', `/v1/accounts/${accountId}`, { key: api.keys.staff })
  return BigInt(body.balance.settled.grains)
}

async function order(page: Page, amount: string, channel: string): Promise<void> {
  await page.goto('/top-up')
  await page.getByRole('textbox', { name: 'Amount' }).fill(amount)
  await page.getByRole('radio', { name: channel }).click()
  await page.getByRole('button', { name: 'Continue to payment' }).click()
  await page.waitForURL(/\/top-up\/order_/)
}

async function payByCode({ sandbox }: World, page: Page): Promise<void> {
  const [cashier] = await Promise.all([page.waitForEvent('popup'), page.getByRole('link', { name: 'Open it' }).click()])
  await cashier.getByRole('button', { name: /^Pay/ }).click()
  await cashier.getByText('You can close this page.').waitFor()
  await cashier.close()
  await sandbox.settle()
}

async function payAtPaypal({ sandbox }: World, page: Page): Promise<void> {
  await page.getByRole('link', { name: 'Continue at PayPal' }).click()
  await page.getByRole('button', { name: /^Pay/ }).click()
  // Back from there, the page is the order's again.
  await page.waitForURL(/\/top-up\/order_/)
  await sandbox.settle()
}

/** Signs up, reads the mail, confirms. */
async function signUp({ page, expect }: Visit, name: string, email: string): Promise<void> {
  expect(401, /\/v1\/sessions/)
  await page.goto('/')
  await page.getByRole('link', { name: 'Create an account' }).click()
  await page.getByLabel('Name').fill(name)
  await page.getByLabel('E-mail').fill(email)
  await page.getByLabel('Password').fill(PASSWORD)
  await page.getByRole('button', { name: 'Create an account' }).click()
  await page.getByText(email).waitFor()
  await page.goto('/outbox')
  const row = page.getByRole('row').filter({ hasText: email })
  await page.goto((await row.getByRole('link').getAttribute('href'))!)
  const link = page.locator('a[href*="#corehour_link_"]').first()
  await page.goto((await link.getAttribute('href'))!)
  await page.getByLabel('Password').fill(PASSWORD)
  await page.getByRole('button', { name: 'Confirm and sign in' }).click()
  await page.getByRole('heading', { name: 'Expenses' }).waitFor()
}

test(
  'a newcomer signs up, tops up by every channel, runs a job, sees it deducted, and takes the bill along',
  { skip },
  async (t) => {
    const world = await openWorld(t, chromium)
    const visited = await world.visit()
    const { page } = visited
    await signUp(visited, 'Nia Okoro', 'nia@example.org')

    await page.getByRole('link', { name: 'Projects' }).first().click()
    await page.getByLabel('New project').fill('Perovskites')
    await page.getByRole('button', { name: 'New project' }).click()
    await page.getByRole('link', { name: 'Perovskites' }).click()
    await page.getByText('nia@example.org').waitFor()
    const project = page.url().split('/').at(-1)!

    for (const [channel, amount] of [
      ['Alipay', '120'],
      ['WeChat Pay', '￥ 1,000.50'],
      ['PayPal', '71'],
    ] as const) {
      await order(page, amount, channel)
      await (channel === 'PayPal' ? payAtPaypal : payByCode)(world, page)
      // The page follows the order by itself.
      await page.getByText('Thank you: it is on your balance.').waitFor()
    }
    const { body: accounts } = await world.api.call('GET', '/v1/accounts', {
      key: world.api.keys.staff,
      query: { search: 'Nia' },
    })
    const { account_id: account } = accounts.data[0]
    const { body: members } = await world.api.call('GET', `/v1/projects/${project}/members`, {
      key: world.api.keys.staff,
    })
    const { user_id: user } = members.data[0]
    assert.equal(await settledOf(world, account), 119_150n * 36_000_000n)

    const say = (type: string, id: string, data: object) =>
      world.api.call('POST', '/v1/usage-events', {
        key: world.api.keys.platform,
        body: {
          specversion: '1.0',
          source: 'lab',
          id,
          type: `corehour.usage.${type}`,
          subject: 'job-1',
          time: world.api.clock.now().toString(),
          data,
        },
      })
    await say('started', 'e1', { project, user, kind: 'job', sku: 'queue:gpu', quantity: { gpu: '3' } })
    await page.goto('/running')
    await page.getByRole('cell', { name: 'job-1' }).first().waitFor()
    await world.pass(3600)
    await say('stopped', 'e2', {})
    // Lines reach up to the last full hour.
    await world.pass(3600)

    await page.goto('/')
    await page.getByText('Deduction').first().waitFor()
    // Three GPUs at 2 yuan an hour, for an hour.
    assert.equal(await settledOf(world, account), 118_550n * 36_000_000n)
    await page.getByText('¥1,185.50').first().waitFor()
    await checkBill(page)
    await readMessages(page)
  },
)

/** Each payment was told; what is read is counted no more. */
async function readMessages(page: Page): Promise<void> {
  await page.getByRole('link', { name: 'Messages, 3 not read' }).click()
  await page
    .getByRole('button', { name: /^Mark as read/ })
    .first()
    .click()
  await page.getByRole('link', { name: 'Messages, 2 not read' }).waitFor()
}

/** Filters the bill, and downloads what is shown. */
async function checkBill(page: Page): Promise<void> {
  await page.getByRole('link', { name: 'Bill', exact: true }).first().click()
  const table = page.getByRole('group', { name: 'Bill' })
  await table.getByRole('row').filter({ hasText: 'gpu' }).first().waitFor()
  await page.getByLabel('Kind').selectOption('node')
  await page.getByText('No lines for this choice').waitFor()
  assert.match(page.url(), /kind=node/)
  await page.getByLabel('Kind').selectOption('job')
  await table.getByRole('row').filter({ hasText: 'Total' }).getByText('6.00').first().waitFor()
  await page.reload()
  assert.equal(await page.getByLabel('Kind').inputValue(), 'job')
  const [file] = await Promise.all([
    page.waitForEvent('download'),
    page
      .getByRole('button', { name: 'Download detailed bill' })
      .click()
      .then(() => page.getByRole('menuitem', { name: 'CSV' }).click()),
  ])
  const lines = readFileSync((await file.path())!, 'utf8')
    .trim()
    .split('\r\n')
  assert.equal(lines.length, 2)
  assert.match(lines[1]!, /job-1/)
}

test('a deleted project is out of sight, and its bill is not', { skip }, async (t) => {
  const { page } = await arrive(t, chromium, 'Tidy')
  await page.goto('/projects')
  await page.getByLabel('New project').fill('Old work')
  // Pressed twice, made once: two links of that name would fail the next step.
  await page.getByRole('button', { name: 'New project' }).dblclick()
  await page.getByRole('link', { name: 'Old work' }).click()
  await page.getByRole('button', { name: 'Delete project' }).click()
  await page.getByRole('alertdialog').getByRole('button', { name: 'Delete project' }).click()
  await page.getByText('Deleted', { exact: true }).waitFor()
  await page.goto('/projects')
  await page.getByText('No projects yet').waitFor()
  await page.getByLabel('Show deleted projects').check()
  await page.getByRole('link', { name: 'Old work' }).click()
  await page.getByRole('link', { name: 'Its bill' }).click()
  await page.getByText('No lines for this choice').waitFor()
})

test('pressing twice makes one order', { skip }, async (t) => {
  const { world, person, page } = await arrive(t, chromium, 'Twice')
  await page.goto('/top-up')
  await page.getByRole('textbox', { name: 'Amount' }).fill('50')
  await page.getByRole('button', { name: 'Continue to payment' }).dblclick()
  await page.waitForURL(/\/top-up\/order_/)
  const { body } = await world.api.call('GET', '/v1/top-up-orders', {
    key: world.api.keys.staff,
    query: { account_id: person.accountId },
  })
  assert.equal(body.data.length, 1)
  const { body: cancelled } = await world.api.call('GET', `/v1/top-up-orders/${body.data[0].order_id}`, {
    key: world.api.keys.staff,
  })
  assert.equal(cancelled.amount.grains, String(50n * 3_600_000_000n))
})

test('what is no amount says so, and nothing is ordered', { skip }, async (t) => {
  const { world, page } = await arrive(t, chromium, 'Mistyped')
  await page.goto('/top-up')
  const amount = page.getByRole('textbox', { name: 'Amount' })
  for (const typed of ['1,5', '12.345', 'a lot']) {
    await amount.fill(typed)
    await page.getByRole('button', { name: 'Continue to payment' }).click()
    await page.getByText('Type an amount with at most two decimals').waitFor()
  }
  const { body } = await world.api.call('GET', '/v1/top-up-orders', { key: world.api.keys.staff })
  assert.deepEqual(body.data, [])
})

test('a session that ends in the middle of a form loses nothing of it', { skip }, async (t) => {
  const { person, page, expect } = await arrive(t, chromium, 'Interrupted')
  expect(401, /\/v1\//)
  await page.goto('/top-up')
  await page.getByRole('textbox', { name: 'Amount' }).fill('321.50')
  await page.context().clearCookies()
  await page.getByRole('button', { name: 'Continue to payment' }).click()
  const dialog = page.getByRole('dialog', { name: 'You are signed out' })
  await dialog.getByLabel('E-mail').fill(person.email)
  await dialog.getByLabel('Password').fill(PASSWORD)
  await dialog.getByRole('button', { name: 'Sign in' }).click()
  await dialog.waitFor({ state: 'detached' })
  assert.equal(await page.getByRole('textbox', { name: 'Amount' }).inputValue(), '321.50')
  await page.getByRole('button', { name: 'Continue to payment' }).click()
  await page.waitForURL(/\/top-up\/order_/)
})

test("another account's addresses lead to nothing, and say no more than that", { skip }, async (t) => {
  const { world, page, expect } = await arrive(t, chromium, 'Curious')
  expect(404, /\/v1\//)
  expect(403, /\/v1\//)
  const { body: order } = await world.api.call('POST', '/v1/top-up-orders', {
    key: world.api.keys.customer,
    body: { amount: '200', channel: 'alipay' },
  })
  for (const path of [
    `/projects/${world.api.lab.projectId}`,
    `/top-up/${order.order_id}`,
    `/staff/accounts/${world.api.lab.accountId}`,
    '/nobody/knows/this',
  ]) {
    await page.goto(path)
    await page.getByText('There is nothing here').waitFor()
    assert.doesNotMatch(await page.locator('body').innerText(), /Lab/, path)
  }
})

test('a very long name, and one from right to left, leave every page whole on a phone', { skip }, async (t) => {
  const world = await openWorld(t, chromium)
  for (const name of ['Wolfeschlegelsteinhausenbergerdorff'.repeat(5), 'محمد بن عبد الرحمن الخوارزمي']) {
    const { email } = await world.settleIn(name)
    const { page } = await world.visit({ viewport: { width: 360, height: 740 } })
    await world.signIn(page, email)
    await page.goto('/projects')
    await page.getByLabel('New project').fill(name)
    await page.getByRole('button', { name: 'New project' }).click()
    await page.getByRole('link', { name }).click()
    await page.getByText(email).waitFor()
    for (const path of [new URL(page.url()).pathname, '/', '/projects', '/settings', '/bill']) {
      await page.goto(path)
      await settle(page)
      const over = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth')
      assert.ok(over <= 0, `${path} is ${over} px wider than the phone`)
    }
  }
})
