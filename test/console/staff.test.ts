// What staff do, in a real Chromium over the real server and the sandbox.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { openChromium, withoutChromium as skip } from './browser.ts'
import { arrive } from './world.ts'

let chromium: Browser
before(async () => {
  if (!skip) chromium = await openChromium()
})
after(() => chromium?.close())

test(
  'staff publish a price: what it changes is shown, and everybody sees it from its instant on',
  { skip },
  async (t) => {
    const { world, page } = await arrive(t, chromium, 'Operator', 'operator')
    await page.getByRole('link', { name: 'Price list' }).first().click()
    const list = page.getByRole('textbox', { name: 'The list' })
    await list.fill((await list.inputValue()).replace('"0.4"', '"0.55"'))
    await page.getByRole('cell', { name: '0.55' }).waitFor()
    const at = world.api.clock.now().add({ seconds: 600 }).toString()
    await page.getByLabel('Takes effect').fill(at.slice(0, 16))
    await page.getByRole('button', { name: 'Publish for good' }).click()
    await page.getByText('Nothing yet: change a price on the left.').waitFor()
    const priced = page.getByRole('row').filter({ hasText: 'c2_m4_cpu' })
    await page.goto('/pricing')
    await priced.getByText('0.4', { exact: true }).waitFor()
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
  const { page: theirs } = await world.visit()
  await world.signIn(theirs, email)
  await theirs.goto('/top-up')
  await theirs.getByLabel('Code').fill(codes[0]!.toLowerCase())
  await theirs.getByRole('button', { name: 'Redeem' }).click()
  await theirs.getByText('Redeemed:').waitFor()
  await theirs.goto('/')
  await theirs.getByText('¥25.00').first().waitFor()
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
  await page.getByText('disputes.settle').first().waitFor()
})
