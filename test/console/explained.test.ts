// From what was charged to why, page by page, in a real Chromium over the real server.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { SYSTEM, transact } from '../../src/base/index.ts'
import { addMember, findUserByEmail } from '../../src/identity/index.ts'
import { CPUS, pay, send, YUAN } from '../lab.ts'
import { openChromium, withoutChromium as skip } from './browser.ts'
import { arrive, openProject } from './world.ts'

let chromium: Browser
before(async () => {
  if (!skip) chromium = await openChromium()
})
after(() => chromium?.close())

test('from the bill to a line, its job and its price; from a deduction to the same', { skip }, async (t) => {
  const { world, person, page, expect } = await arrive(t, chromium, 'Ada')
  const { app, clock } = world.api
  const where = await openProject(world, person, 'Folding')
  await pay(app, person.accountId, 5n * YUAN)
  const start = clock.now().toString()
  await send(app, 'job-of-ada', 'started', start, { ...where, kind: 'job', ...CPUS })
  // Longer than the operator's day and the page's can be apart.
  await world.pass(26 * 3600)

  await page.goto('/bill')
  await page.getByRole('table').getByRole('link').first().click()
  await page.waitForURL(/\/bill\/line_/)
  await page.getByText('Who paid').waitFor()
  const job = page.getByRole('row').filter({ hasText: 'job-of-ada' })
  await job.waitFor()
  await job.getByRole('link', { name: 'an hour' }).click()
  await page.waitForURL(/\/pricing\?at=/)

  await page.goto('/')
  await page.getByRole('link', { name: 'Deduction', exact: true }).first().click()
  await page.waitForURL(/\/postings\/\d+$/)
  const used = page.getByRole('row').filter({ hasText: 'job-of-ada' })
  // Five minutes of four cores at 0.05 an hour.
  await used.getByRole('cell', { name: '300', exact: true }).waitFor()
  await used.getByRole('cell').last().getByText('0.01666667').waitFor()

  await page.goto('/')
  // A bar leads to the lines of its day, which add up to it.
  // Of yesterday: today may have begun a minute ago.
  const bar = page.locator('figure svg > g').nth(-2)
  await bar.hover()
  const ofDay = page
    .getByRole('listitem')
    .filter({ hasText: /20\d\d/ })
    .first()
  const sum = (await ofDay.innerText()).split('¥').at(-1)!.trim()
  await bar.click()
  await page.waitForURL(/\/bill\?from=.*through=/)
  await page.getByRole('row').filter({ hasText: 'Total' }).getByText(`¥${sum}`).first().waitFor()
  await page.getByRole('cell', { name: 'cpu Jobs' }).first().waitFor()
  // And one of them to its job, to what was deducted while it ran, and to the price of that.
  await page.getByRole('table').getByRole('link').first().click()
  await page.waitForURL(/\/bill\/line_/)
  await job.getByRole('link', { name: 'Deductions' }).click()
  await page.waitForURL(/\/deductions\?from=.*to=/)
  const deductions = page.getByRole('table').getByRole('link', { name: 'Deduction', exact: true })
  await deductions.first().click()
  await page.waitForURL(/\/postings\/\d+$/)
  await used.getByRole('cell').last().getByText('0.01666667').waitFor()
  await used.getByRole('link', { name: 'an hour' }).click()
  await page.waitForURL(/\/pricing\?at=/)
  // Five hours are sixty deductions; of what was before it ran there are none.
  const hours = (from: number, to: number) =>
    [from, to].map((each) => Temporal.Instant.from(start).add({ hours: each }).toString())
  await page.goto(`/deductions?from=${hours(1, 6).join('&to=')}`)
  await deductions.nth(49).waitFor()
  await page.getByRole('button', { name: 'Show more' }).click()
  await deductions.nth(59).waitFor()
  await deductions.nth(60).waitFor({ state: 'detached' })
  await page.getByRole('button', { name: 'Show more' }).waitFor({ state: 'detached' })
  await page.goto(`/deductions?from=${hours(-2, -1).join('&to=')}`)
  await page.getByText('Nothing was deducted for this stretch').waitFor()
  await page.goto('/deductions?from=yesterday')
  await page.getByText('There is nothing here').waitFor()

  await page.goto('/')
  await page.getByText('The same as a table').click()
  const day = page.locator('details').getByRole('link').first()
  await day.click()
  await page.waitForURL(/\/bill\?from=.*through=/)
  expect(404, /bill-lines/)
  await page.goto('/bill/line_that_is_none')
  await page.getByText('There is nothing here').waitFor()
})

test(
  'a member sees a line of the own use, and of whose account it is the journal stays its own',
  { skip },
  async (t) => {
    const { world, person, page } = await arrive(t, chromium, 'Carol')
    const { app, clock } = world.api
    const ada = await world.settleIn('Ada')
    const { project } = await openProject(world, ada, 'Folding')
    const { userId: user } = (await transact(app, SYSTEM, (tx) => findUserByEmail(tx, person.email)))!
    await transact(app, SYSTEM, (tx) => addMember(tx, { projectId: project, userId: user, role: 'member' }))
    await pay(app, ada.accountId, 5n * YUAN)
    await send(app, 'job-of-carol', 'started', clock.now().toString(), { project, user, kind: 'job', ...CPUS })
    await world.pass(3600)

    await page.goto('/bill?view=joined')
    await page.getByRole('table').getByRole('link').first().click()
    const job = page.getByRole('row').filter({ hasText: 'job-of-carol' })
    await job.getByRole('link', { name: 'an hour' }).waitFor()
    assert.equal(await job.getByRole('link').count(), 1, 'to the price, and to no deductions')
  },
)
