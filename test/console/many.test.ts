// Ten thousand projects, in a real Chromium over the real server.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { query } from '../../src/base/index.ts'
import { CPUS, pay, send, YUAN } from '../lab.ts'
import { eventually } from '../process.ts'
import { openChromium, settle, withoutChromium as skip } from './browser.ts'
import { arrive, openProject } from './world.ts'

let chromium: Browser
before(async () => {
  if (!skip) chromium = await openChromium()
})
after(() => chromium?.close())

/** What a page asks of the API until it stands, but for its stream. */
async function askedBy(page: Page, path: string): Promise<string[]> {
  const asked: string[] = []
  const note = (request: { url(): string }) => {
    const { pathname } = new URL(request.url())
    if (pathname.startsWith('/v1/') && !pathname.endsWith('/events')) asked.push(pathname)
  }
  page.on('request', note)
  await page.goto(path)
  await settle(page)
  page.off('request', note)
  return asked
}

test(
  'ten thousand projects: listed by the page, found by name, and no page asks for each of them',
  { skip },
  async (t) => {
    const { world, person, page } = await arrive(t, chromium, 'Manifold')
    const { app, clock } = world.api
    await pay(app, person.accountId, 10_000n * YUAN)
    const { project, user } = await openProject(world, person, 'Project 0')
    const many = {
      text: `insert into project (bucket, account_id, project_id, name, created_at)
    select bucket, account_id, project_id || n, 'Project ' || n, created_at from project, generate_series(1, 9999) n where project_id = $1`,
    }
    const members = {
      text: `insert into member (bucket, account_id, project_id, user_id, role, joined_at)
    select bucket, account_id, project_id || n, user_id, role, joined_at from member, generate_series(1, 9999) n where project_id = $1`,
    }
    for (const each of [many, members]) await query(app.database.pool, each, [project])
    // Each of 120 of them ran something: more than a page of the bill, and than names are asked for at once.
    for (let n = 1; n <= 120; n++)
      await send(app, `job-${n}`, 'started', clock.now().toString(), {
        project: `${project}${n}`,
        user,
        kind: 'job',
        ...CPUS,
      })
    await world.pass(2 * 3600)

    for (const path of ['/', '/bill', '/projects', '/running']) {
      const asked = await askedBy(page, path)
      assert.ok(asked.length < 60, `${path} asks ${asked.length} times: ${asked.join(' ')}`)
    }
    await page.goto('/projects')
    await page.getByRole('link', { name: 'Project 0', exact: true }).waitFor()
    const listed = page.getByRole('main').getByRole('row')
    await eventually('a page of them is listed', async () => (await listed.count()) === 101)
    await page.getByLabel('Find a project').fill('ect 7777')
    await page.getByRole('link', { name: 'Project 7777' }).waitFor()
    await eventually('it alone is listed', async () => (await listed.count()) === 2)

    await page.goto('/bill')
    await page.getByRole('button', { name: 'Project: All' }).click()
    await page.getByPlaceholder('Find a project by its name').fill('project 99')
    await page.getByRole('option', { name: 'Project 99', exact: true }).click()
    await page.getByLabel('Project: Project 99').waitFor()
    const table = page.getByRole('group', { name: 'Bill' })
    const named = table.getByRole('cell', { name: 'Project 99', exact: true })
    await named.first().waitFor()
    // One head, one foot, and between them nothing of others. The rows of before stand until the new ones have come.
    const rows = table.getByRole('row')
    await eventually('it alone is billed', async () => (await rows.count()) === (await named.count()) + 2)
  },
)
