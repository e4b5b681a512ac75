// What an account has and spends, in a real Chromium over the real server.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { CPUS, pay, send, YUAN } from '../lab.ts'
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
  assert.match(await entry('Total').innerText(), /¥9\.60/)
  assert.match(await entry('Increase').innerText(), /\+100%\s*¥4\.80/)
  await page.getByRole('button', { name: '30 d' }).click()
  await entry('Total').getByText('¥14.40').waitFor()
  assert.match(await entry('The 30 days before').innerText(), /¥0\.00/)
  assert.doesNotMatch(await entry('Increase').innerText(), /%/, 'there is nothing to compare with')
})
