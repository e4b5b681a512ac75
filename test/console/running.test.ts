// Nodes are stopped and deleted, and jobs cancelled, from the console: what is shown is what the books say.
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

test(
  'a node is asked to stop, refused, deleted; a job cancelled; each stands there until its event came',
  { skip },
  async (t) => {
    const { world, person, page } = await arrive(t, chromium, 'Nia Okoro')
    const { api } = world
    const { platform } = api.keys
    await pay(api.app, person.accountId, 100n * YUAN)
    const common = await openProject(world, person, 'Perovskites')
    const at = () => api.clock.now().toString()
    await send(api.app, 'node-1', 'started', at(), {
      ...{ ...common, kind: 'node', sku: 'machine:c2_m4_cpu', quantity: { count: '1' } },
    })
    await send(api.app, 'job-1', 'started', at(), {
      ...{ ...common, kind: 'job', sku: 'queue:cpu', quantity: { cpu: '4' } },
    })
    await world.pass(60)
    const due = async () => (await api.call('GET', '/v1/commands', { key: platform })).body.data

    await page.goto('/running')
    const node = page.getByRole('row').filter({ hasText: 'node-1' })
    const job = page.getByRole('row').filter({ hasText: 'job-1' })
    await page.getByRole('button', { name: 'Stop: node-1' }).dblclick()
    await node.getByText('Asked to stop').filter({ visible: true }).waitFor()
    const [asked, ...others] = await due()
    assert.deepEqual([asked.subject, asked.action, asked.asked_by, others], ['node-1', 'stop', common.user, []])
    assert.equal(await page.getByRole('button', { name: 'Stop: node-1' }).count(), 0)

    const note = 'It is reserved until Monday'
    await api.call('POST', `/v1/commands/${asked.command_id}/refuse`, { key: platform, body: { note } })
    await node.getByText(`Refused: ${note}`).filter({ visible: true }).waitFor()

    const question = page.getByRole('alertdialog', { name: 'Delete node-1?' })
    await page.getByRole('button', { name: 'Delete: node-1' }).click()
    await question.getByRole('button', { name: 'Cancel' }).click()
    assert.deepEqual(await due(), [], 'who thinks again asks nothing')
    await page.getByRole('button', { name: 'Delete: node-1' }).click()
    await question.getByRole('button', { name: 'Delete' }).click()
    await node.getByText('Asked to delete').filter({ visible: true }).waitFor()

    assert.equal(await page.getByRole('button', { name: 'Delete: job-1' }).count(), 0)
    await page.getByRole('button', { name: 'Cancel: job-1' }).click()
    await job.getByText('Asked to cancel').filter({ visible: true }).waitFor()
    assert.deepEqual((await due()).map((each: any) => [each.subject, each.action]).toSorted(), [
      ['job-1', 'stop'],
      ['node-1', 'delete'],
    ])
    await send(api.app, 'node-1', 'stopped', at())
    await node.waitFor({ state: 'detached' })
    await send(api.app, 'job-1', 'stopped', at())
    await page.getByText('Nothing runs').waitFor()
    assert.deepEqual(await due(), [])
  },
)

test('what ended meanwhile cannot be stopped: the page says so and looks again', { skip }, async (t) => {
  const { world, person, page, expect } = await arrive(t, chromium, 'Ada Keller')
  const { api } = world
  const job = { ...(await openProject(world, person, 'Folding')), kind: 'job', ...CPUS }
  await send(api.app, 'job-1', 'started', api.clock.now().toString(), job)
  await world.pass(60)
  expect(409, /\/commands$/)
  await page.goto('/running')
  const cancel = page.getByRole('button', { name: 'Cancel: job-1' })
  await cancel.waitFor()
  await send(api.app, 'job-1', 'stopped', api.clock.now().toString())
  await cancel.click()
  await page.getByText('The platform was not asked').waitFor()
  await page.getByText('job-1 has ended already').waitFor()
  await page.getByText('Nothing runs').waitFor()
})
