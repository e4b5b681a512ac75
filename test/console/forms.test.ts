// What is typed is never lost, and what is pressed twice is done once; in a real Chromium over the real server and the sandbox.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser, Page, Route } from 'playwright-core'
import { openChromium, withoutChromium as skip } from './browser.ts'
import { arrive, openProject, PASSWORD, type World } from './world.ts'

let chromium: Browser
before(async () => {
  if (!skip) chromium = await openChromium()
})
after(() => chromium?.close())

/** Every form that only somebody who is signed in fills in: where, what, and what sends it. */
const FORMS: readonly { path: string; typed: Record<string, string>; send: string }[] = [
  { path: '/top-up', typed: { Amount: '321.50' }, send: 'Continue to payment' },
  { path: '/top-up', typed: { Code: 'K7QF-2M9D-XW4T-8JRV' }, send: 'Redeem' },
  { path: '/projects', typed: { 'New project': 'Perovskites' }, send: 'New project' },
  { path: '/projects/$project', typed: { 'Add by e-mail': 'a@example.org\nb@example.org' }, send: 'Add' },
  { path: '/settings', typed: { Name: 'Another name' }, send: 'Save' },
  {
    path: '/settings',
    typed: { 'Present password': PASSWORD, 'New password': 'five words in a row' },
    send: 'Set password',
  },
  { path: '/settings', typed: { 'What is it for?': 'A notebook' }, send: 'Make a key' },
]

test('a session that ends in the middle of whatever form loses nothing of it', { skip }, async (t) => {
  const { world, person, page, expect } = await arrive(t, chromium, 'Interrupted')
  expect(401, /\/v1\//)
  const { project } = await openProject(world, person, 'Folding')
  for (const { path, typed, send } of FORMS) {
    await page.goto(path.replace('$project', project))
    const fields = Object.entries(typed).map(([label, text]) => ({
      field: page
        .getByRole('main')
        .getByRole('textbox', { name: label, exact: true })
        .or(page.getByLabel(label, { exact: true }))
        .last(),
      text,
    }))
    for (const { field, text } of fields) await field.fill(text)
    await page.context().clearCookies()
    await page.getByRole('button', { name: send, exact: true }).click()
    const dialog = page.getByRole('dialog', { name: 'You are signed out' })
    await dialog.getByLabel('E-mail').fill(person.email)
    await dialog.getByLabel('Password').fill(PASSWORD)
    await dialog.getByRole('button', { name: 'Sign in' }).click()
    await dialog.waitFor({ state: 'detached' })
    for (const { field, text } of fields) assert.equal(await field.inputValue(), text, `${path}: ${send}`)
  }
})

async function ordersOf({ api }: World, accountId: string) {
  const { body } = await api.call('GET', '/v1/top-up-orders', { key: api.keys.staff, query: { account_id: accountId } })
  return body.data as { order_id: string; state: string; amount: { grains: string } }[]
}

async function orderFor(page: Page, amount: string): Promise<void> {
  await page.goto('/top-up')
  await page.getByRole('textbox', { name: 'Amount' }).fill(amount)
  await page.getByRole('button', { name: 'Continue to payment' }).click()
  await page.waitForURL(/\/top-up\/order_/)
}

test('a code to scan that has expired says so, and the same is ordered anew', { skip }, async (t) => {
  const { world, person, page } = await arrive(t, chromium, 'Late')
  await orderFor(page, '49.90')
  const code = page.getByRole('img', { name: 'QR code to pay with' })
  await code.waitFor()
  await world.pass(1801)
  await page.getByText('The time to pay is over').first().waitFor()
  await code.waitFor({ state: 'detached' })
  await page.getByText('What still arrives is credited all the same').waitFor()
  await page.getByRole('link', { name: 'Order it again' }).click()
  assert.equal(await page.getByRole('textbox', { name: 'Amount' }).inputValue(), '49.90')
  await page.getByRole('button', { name: 'Continue to payment' }).click()
  await code.waitFor()
  const orders = await ordersOf(world, person.accountId)
  assert.deepEqual(orders.map(({ state }) => state).toSorted(), ['awaiting', 'expired'])
})

test('money is moved once, however often it is pressed', { skip }, async (t) => {
  const { world, person, page, expect } = await arrive(t, chromium, 'Twice')
  expect(502, /redeem/)
  const { api } = world
  await page.goto('/top-up')
  await page.getByRole('textbox', { name: 'Amount' }).fill('¥1,234.50')
  await page.getByRole('button', { name: 'Continue to payment' }).dblclick()
  await page.waitForURL(/\/top-up\/order_/)
  const [order, ...others] = await ordersOf(world, person.accountId)
  assert.deepEqual([order!.amount.grains, others], [String(123_450n * 36_000_000n), []])
  await page.getByRole('button', { name: 'Cancel this order' }).dblclick()
  await page.getByText('This order was cancelled').waitFor()

  const batch = { amount: '25', count: 2, valid_days: 30, note: 'Open day' }
  const { body: issued } = await api.call('POST', '/v1/card-batches', { key: api.keys.staff, body: batch })
  await page.goto('/top-up')
  await page.getByLabel('Code').fill(issued.codes[0])
  // The first answer is lost: pressed again, it is the same act.
  const lose = async (route: Route) => {
    await route.fetch()
    await route.fulfill({ status: 502, body: 'Bad gateway' })
  }
  await page.route('**/v1/cards/redeem', lose, { times: 1 })
  await page.getByRole('button', { name: 'Redeem' }).click()
  await page.getByText('There was no answer').waitFor()
  await page.getByRole('button', { name: 'Redeem' }).dblclick()
  await page.getByText('Redeemed:').waitFor()
  const { body: account } = await api.call('GET', `/v1/accounts/${person.accountId}`, { key: api.keys.staff })
  assert.equal(account.balance.settled.grains, String(25n * 3_600_000_000n))
})
