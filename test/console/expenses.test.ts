// What an account has and spends, in a real Chromium over the real server.
import { after, before, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { CPUS, pay, send, YUAN } from '../lab.ts'
import { eventually } from '../process.ts'
import { openChromium, withoutChromium as skip } from './browser.ts'
import { arrive, openProject } from './world.ts'

let chromium: Browser
before(async () => {
  if (!skip) chromium = await openChromium()
})
after(() => chromium?.close())

test('the days just before stand beside the last days, in words and figures', { skip }, async (t) => {
  const { world, person, page } = await arrive(t, chromium, 'Ada')
  const { app, clock } = world.api
  const job = { ...(await openProject(world, person, 'Folding')), kind: 'job', ...CPUS }
  await pay(app, person.accountId, 100n * YUAN)
  const ago = (days: number) =>
    clock
      .now()
      .subtract({ hours: 24 * days })
      .toString()
  // Nine to ten days ago lies in the seven days before the last seven, wherever a day ends.
  for (const [name, from, to] of [
    ['before', 10, 9],
    ['lately', 3, 1],
  ] as const) {
    await send(app, name, 'started', ago(from), job)
    await send(app, name, 'stopped', ago(to))
  }
  await world.pass(2 * 3600)

  await page.goto('/')
  await page.getByRole('button', { name: '7 d' }).click()
  const entry = (name: string) => page.getByRole('listitem').filter({ hasText: name })
  // Four cores at 0.05 an hour are 4.80 a day.
  await entry('The 7 days before').getByText('¥4.80').waitFor()
  await entry('Total').getByText('¥9.60').waitFor()
  await entry('Increase').getByText('¥4.80').waitFor()
  await entry('Increase').getByText('+100%').waitFor()
  await page.getByRole('button', { name: '30 d' }).click()
  await entry('Total').getByText('¥14.40').waitFor()
  await entry('The 30 days before').getByText('¥0.00').waitFor()
  const increase = entry('Increase')
  await eventually('there is nothing to compare with', async () => !(await increase.innerText()).includes('%'))
})

test('a page that is open follows the books by itself: money in, what runs, what is deducted', { skip }, async (t) => {
  const { world, person, page } = await arrive(t, chromium, 'Ada')
  const { app, clock } = world.api
  const where = await openProject(world, person, 'Folding')
  await page.goto('/')
  await page.getByText('Nothing has moved yet').waitFor()
  // Sooner than the page would look by itself.
  const soon = { timeout: 10_000 }
  await pay(app, person.accountId, 10n * YUAN)
  await page.getByRole('row').filter({ hasText: 'Money in' }).getByText('¥10.00').waitFor(soon)
  await page.getByRole('banner').getByText('¥10.00').waitFor(soon)
  await send(app, 'job-1', 'started', clock.now().toString(), { ...where, kind: 'job', ...CPUS })
  await page.getByText('¥0.20 an hour').waitFor(soon)
  await world.pass(300)
  await page.getByRole('row').filter({ hasText: 'Deduction' }).getByText('¥0.01666667').waitFor(soon)
  await page.getByRole('main').getByText('¥9.98333333').first().waitFor(soon)
  await page.getByRole('link', { name: 'Running' }).first().click()
  await page.getByRole('row').filter({ hasText: 'job-1' }).waitFor()
  await send(app, 'job-1', 'stopped', clock.now().toString())
  await page.getByText('Nothing runs').waitFor(soon)
})
