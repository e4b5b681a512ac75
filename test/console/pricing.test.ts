// What everything costs, and what a job would, in a real Chromium over the real server.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { pay, YUAN } from '../lab.ts'
import { openChromium, withoutChromium as skip } from './browser.ts'
import { openWorld } from './world.ts'

let chromium: Browser
before(async () => {
  if (!skip) chromium = await openChromium()
})
after(() => chromium?.close())

test('without signing in prices are found, now and of before, and what is not there says so', { skip }, async (t) => {
  const world = await openWorld(t, chromium)
  const { api } = world
  const body = { currency: 'CNY', effective_at: api.clock.now().add({ seconds: 60 }).toString() }
  const machines = { c2_m4_cpu: '0.5', c16_m32_cpu: '3.25', c4_m8_cpu: '1' }
  const list = { ...body, machines, queues: { '*': { cpu_hour: '0.05' }, gpu: { gpu_hour: '2' } } }
  assert.equal((await api.call('POST', '/v1/price-lists', { key: api.keys.staff, body: list })).status, 201)
  await world.pass(60)
  const { page } = await world.visit()
  await page.goto('/pricing')
  const machine = page.getByRole('group', { name: 'Machine types' }).getByRole('row')
  await machine.filter({ hasText: 'c16_m32_cpu' }).getByText('3.25').waitFor()
  assert.deepEqual(
    (await machine.allInnerTexts()).map((row) => row.split(/\s/)[0]),
    ['Name', 'c2_m4_cpu', 'c4_m8_cpu', 'c16_m32_cpu'],
  )
  await page.getByLabel('Search prices').fill('C16')
  await machine.filter({ hasText: 'c2_m4_cpu' }).waitFor({ state: 'detached' })
  await page.getByLabel('Search prices').fill('nothing of this name')
  await page.getByText('Nothing is called so').waitFor()
  await page.getByLabel('Search prices').fill('')
  const versions = page.getByLabel('Versions')
  await versions.selectOption((await versions.locator('option').last().getAttribute('value'))!)
  await machine.filter({ hasText: 'c2_m4_cpu' }).getByText('0.40').waitFor()
  await machine.filter({ hasText: 'c16_m32_cpu' }).waitFor({ state: 'detached' })
  assert.match(page.url(), /at=/)
})

test(
  'an estimate is typed, lasts as long as the balance, and its link shows the same to anybody',
  { skip },
  async (t) => {
    const world = await openWorld(t, chromium)
    const person = await world.settleIn('Careful')
    await pay(world.api.app, person.accountId, 100n * YUAN)
    const { page } = await world.visit({ permissions: ['clipboard-read', 'clipboard-write'] })
    await world.signIn(page, person.email)
    await page.goto('/pricing')
    await page.getByLabel('Queue or machine').selectOption('queue:*')
    const type = async (label: string, text: string) => {
      const field = page.getByLabel(label, { exact: true })
      await field.fill('')
      await field.pressSequentially(text)
      assert.equal(await field.inputValue(), text)
    }
    await type('Cores', '4')
    await type('GPUs', '0.5')
    await type('Nodes', '2')
    await type('Hours', '2.')
    await page.getByText('A number, such as 2.5').waitFor()
    await type('Hours', '2.5')
    // Four cores at 0.05 and half a GPU at 2 are 1.20 an hour; two such, for two and a half hours.
    await page.getByText('¥6.00').waitFor()
    await page.getByText('¥2.40 an hour').waitFor()
    await page.getByText('Your balance lasts 1 day, 17 hours').waitFor()
    await page.getByRole('button', { name: 'Copy a link to this estimate' }).click()
    await page.getByRole('button', { name: 'Copied' }).waitFor()
    const link = await page.evaluate<string>('navigator.clipboard.readText()')

    const { page: theirs } = await world.visit()
    await theirs.goto(link)
    await theirs.getByText('¥6.00').waitFor()
    assert.equal(await theirs.getByLabel('Hours').inputValue(), '2.5')
    assert.equal(await theirs.getByText('Your balance').count(), 0, 'whose balance it is stays with them')
  },
)
