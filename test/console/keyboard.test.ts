// Everything by the keyboard alone, in a real Chromium: where the focus is can be seen, dialogs keep it and give it back.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { CPUS, pay, send, YUAN } from '../lab.ts'
import { eventually } from '../process.ts'
import { openChromium, settle, withoutChromium as skip } from './browser.ts'
import { arrive, openProject } from './world.ts'

let chromium: Browser
before(async () => {
  if (!skip) chromium = await openChromium()
})
after(() => chromium?.close())

/** More steps than any page has things to stop at. */
const MOST_STEPS = 80

/** What has the focus: its name as it is said, and whether a ring around it shows where one is. */
async function focused(page: Page): Promise<{ name: string; isSeen: boolean }> {
  return page.evaluate(() => {
    const { document, getComputedStyle } = globalThis as any
    const at = document.activeElement
    // Behind the last of them comes the window itself.
    if (at === document.body) return { name: '', isSeen: false }
    const labels = [...(at.labels ?? [])].map((label: any) => label.textContent)
    const { outlineStyle, outlineWidth } = getComputedStyle(at)
    return {
      name: (
        at.getAttribute('aria-label') ??
        (labels.join(' ') || at.textContent || (at.closest('label')?.textContent ?? ''))
      ).trim(),
      isSeen: outlineStyle !== 'none' && Number.parseFloat(outlineWidth) > 0,
    }
  })
}

/** Goes on by Tab until something of that name has the focus; all that is passed shows that it has it. */
async function tabTo(page: Page, name: string | RegExp): Promise<void> {
  const passed: string[] = []
  for (let step = 0; step < MOST_STEPS; step++) {
    await page.keyboard.press('Tab')
    const at = await focused(page)
    if (at.name !== '') assert.ok(at.isSeen, `the focus is seen on ${at.name}`)
    if (typeof name === 'string' ? at.name === name : name.test(at.name)) return
    passed.push(at.name)
  }
  assert.fail(`nothing called ${name} among ${passed.join(' | ')}`)
}

/** What opens or closes moves the focus a moment later. */
function focusComesTo(page: Page, name: string | RegExp): Promise<void> {
  return eventually(`the focus comes to ${name}`, async () => {
    const at = (await focused(page)).name
    return typeof name === 'string' ? at === name : name.test(at)
  })
}

async function press(page: Page, ...keys: string[]): Promise<void> {
  for (const key of keys) await page.keyboard.press(key)
}

test('a top-up is ordered and cancelled by the keyboard alone', { skip }, async (t) => {
  const { page } = await arrive(t, chromium, 'Keys')
  await page.goto('/')
  await settle(page)
  await page.keyboard.press('Tab')
  assert.equal((await focused(page)).name, 'Skip to the content')
  await press(page, 'Enter')
  // Past all that stands above: the next stop is the page's own.
  await tabTo(page, 'Top up')
  await press(page, 'Enter')
  await page.getByRole('textbox', { name: 'Amount' }).waitFor()
  await tabTo(page, 'Amount')
  await page.keyboard.type('120')
  await tabTo(page, /Alipay/)
  await press(page, 'ArrowDown')
  const wechat = page.getByRole('radio', { name: 'WeChat Pay' })
  await eventually('WeChat Pay is chosen', () => wechat.isChecked())
  await tabTo(page, 'Continue to payment')
  await press(page, 'Enter')
  await page.getByRole('img', { name: 'QR code to pay with' }).waitFor()
  await tabTo(page, 'Cancel this order')
  await press(page, 'Enter')
  await page.getByText('This order was cancelled').waitFor()
})

test('a bill is filtered, and the ways out of its lists lead back, by the keyboard alone', { skip }, async (t) => {
  const { world, person, page } = await arrive(t, chromium, 'Keys')
  const { app, clock } = world.api
  const where = await openProject(world, person, 'Folding')
  await pay(app, person.accountId, 100n * YUAN)
  await send(app, 'job-1', 'started', clock.now().toString(), { ...where, kind: 'job', ...CPUS })
  await world.pass(2 * 3600)
  await page.goto('/bill')
  await settle(page)
  await tabTo(page, /^Download/)
  await press(page, 'Enter')
  await page.getByRole('menuitem', { name: 'CSV' }).waitFor()
  await press(page, 'Escape')
  await page.getByRole('menuitem', { name: 'CSV' }).waitFor({ state: 'detached' })
  await focusComesTo(page, /^Download/)

  await tabTo(page, 'Kind')
  await page.keyboard.type('Node')
  await page.getByText('No lines for this choice').waitFor()
  await page.keyboard.type('Job')
  await page.getByRole('group', { name: 'Bill' }).waitFor()
  await tabTo(page, 'Project: All')
  await press(page, 'Enter')
  await page.getByRole('option', { name: 'Folding' }).waitFor()
  await press(page, 'Escape')
  await page.getByRole('option', { name: 'Folding' }).waitFor({ state: 'detached' })
  await focusComesTo(page, 'Project: All')
  await press(page, 'Enter')
  await page.getByPlaceholder('Find a project by its name').waitFor()
  await page.keyboard.type('fold')
  await page.getByRole('listbox').getByRole('option', { name: 'All' }).waitFor({ state: 'detached' })
  await page.getByRole('option', { name: 'Folding' }).waitFor()
  await press(page, 'ArrowDown', 'Enter')
  await page.waitForURL(/project=proj_/)
})

test('a node is deleted by the keyboard alone: who is asked can go back to where it was', { skip }, async (t) => {
  const { world, person, page } = await arrive(t, chromium, 'Keys')
  const { api } = world
  const where = await openProject(world, person, 'Folding')
  await send(api.app, 'node-1', 'started', api.clock.now().toString(), {
    ...{ ...where, kind: 'node', sku: 'machine:c2_m4_cpu', quantity: { count: '1' } },
  })
  await page.goto('/running')
  await page.getByRole('button', { name: 'Delete: node-1' }).waitFor()
  const commands = async () => (await api.call('GET', '/v1/commands', { key: api.keys.platform })).body.data
  await tabTo(page, 'Delete: node-1')
  await press(page, 'Enter')
  const question = page.getByRole('alertdialog', { name: 'Delete node-1?' })
  await question.waitFor()
  await focusComesTo(page, 'Cancel')
  // It begins at what changes nothing, and does not let go; between its last and its first stands what leads back.
  const stops: string[] = []
  for (let step = 0; step < 5; step++) {
    stops.push((await focused(page)).name)
    await press(page, 'Tab')
  }
  assert.deepEqual([...new Set(stops.filter((name) => name !== ''))], ['Cancel', 'Delete'])
  await press(page, 'Escape')
  await question.waitFor({ state: 'detached' })
  await focusComesTo(page, 'Delete: node-1')
  assert.deepEqual(await commands(), [])
  await press(page, 'Enter')
  await focusComesTo(page, 'Cancel')
  await tabTo(page, 'Delete')
  await press(page, 'Enter')
  await page
    .getByRole('row')
    .filter({ hasText: 'node-1' })
    .getByText('Asked to delete')
    .filter({ visible: true })
    .waitFor()
  assert.deepEqual(
    (await commands()).map(({ subject, action }: any) => [subject, action]),
    [['node-1', 'delete']],
  )
})

test(
  'a key is made and revoked by the keyboard alone; where its button was, the focus hears what was done',
  { skip },
  async (t) => {
    const { page } = await arrive(t, chromium, 'Keys')
    await page.goto('/settings')
    await page.getByText('No keys yet').waitFor()
    await tabTo(page, 'What is it for?')
    await page.keyboard.type('Laptop')
    await tabTo(page, 'Expires')
    await page.keyboard.type('In 30')
    await tabTo(page, 'Make a key')
    await press(page, 'Enter')
    const secret = page.getByRole('alertdialog', { name: /is made/ })
    await secret.waitFor()
    await focusComesTo(page, 'Copy')
    await tabTo(page, 'Done')
    await press(page, 'Enter')
    await secret.waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'Revoke: Laptop' }).waitFor()
    await tabTo(page, 'Revoke: Laptop')
    await press(page, 'Enter')
    await focusComesTo(page, 'Cancel')
    await press(page, 'Escape')
    await focusComesTo(page, 'Revoke: Laptop')
    await press(page, 'Enter')
    await focusComesTo(page, 'Cancel')
    await tabTo(page, 'Revoke')
    await press(page, 'Enter')
    await focusComesTo(page, /is revoked/)
  },
)
