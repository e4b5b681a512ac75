// Who used more than was paid: what is owed is said, paid first, and stands on the receipt. In a real Chromium over the real server and the sandbox.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { GPU, send } from '../lab.ts'
import { openChromium, withoutChromium as skip } from './browser.ts'
import { arrive, openProject } from './world.ts'

let chromium: Browser
before(async () => {
  if (!skip) chromium = await openChromium()
})
after(() => chromium?.close())

test('arrears are said before a top-up, paid by it first, and stand on its receipt', { skip }, async (t) => {
  const { world, person, page } = await arrive(t, chromium, 'Late')
  const { app, clock } = world.api
  const job = { ...(await openProject(world, person, 'Folding')), kind: 'job', ...GPU }
  await send(app, 'job-1', 'started', clock.now().toString(), job)
  await world.pass(3 * 3600)
  await send(app, 'job-1', 'stopped', clock.now().toString())
  await world.pass(3600)
  // A GPU at 2 an hour for three hours.
  const figure = (name: string) => page.locator('dl > div').filter({ hasText: name })
  await page.goto('/')
  await figure('Arrears').getByText('¥6.00').waitFor()
  await figure('Money runs out').getByText('It has run out').waitFor()
  await page.getByRole('link', { name: 'Top up' }).click()
  await page.getByText('Paid first, for arrears: ¥6.00').waitFor()
  await page.getByRole('button', { name: '¥50', exact: true }).click()
  await page.getByRole('button', { name: 'Continue to payment' }).click()
  await page.waitForURL(/\/top-up\/order_/)
  world.sandbox.pay('alipay', page.url().split('/').at(-1)!)
  await world.sandbox.settle()

  await page.getByText('Thank you: it is on your balance.').waitFor()
  await figure('Credited').getByText('¥50.00').waitFor()
  await figure('of it for arrears').getByText('¥6.00').waitFor()
  await page.evaluate('window.print = () => { window.isPrinted = true }')
  await page.getByRole('button', { name: 'Print the receipt' }).click()
  assert.equal(await page.evaluate('window.isPrinted'), true)
  const receipt = page.url()
  await page.goto('/top-up')
  await page.getByRole('row').filter({ hasText: 'Paid' }).getByRole('link').click()
  await page.waitForURL(receipt)
  await page.goto('/')
  await figure('Cash').getByText('¥44.00').waitFor()
  await figure('Arrears').waitFor({ state: 'detached' })
})

test('more than one order takes is refused with the way by which it can be paid', { skip }, async (t) => {
  const { world, page, expect } = await arrive(t, chromium, 'Rich')
  expect(422, /top-up-orders/)
  await page.goto('/top-up')
  await page.getByText('¥20,000.00').first().waitFor()
  await page.getByRole('textbox', { name: 'Amount' }).fill('20 000.01')
  await page.getByRole('button', { name: 'Continue to payment' }).click()
  await page.getByText('This was not ordered').waitFor()
  await page.getByRole('alert').getByText('help@example.org').waitFor()
  await page.getByRole('region', { name: 'More than that?' }).getByRole('link', { name: 'help@example.org' }).waitFor()
  const { body } = await world.api.call('GET', '/v1/top-up-orders', { key: world.api.keys.staff })
  assert.deepEqual(body.data, [])
})
