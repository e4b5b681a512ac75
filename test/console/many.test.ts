// Ten thousand projects, and several hundred users, in a real Chromium over the real server.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { query, SYSTEM, transact } from '../../src/base/index.ts'
import { addMember, findUserByEmail } from '../../src/identity/index.ts'
import { applyEvents } from '../../src/metering/index.ts'
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

    const heavy: string[] = []
    page.on('response', async (response) => {
      const size = Number((await response.allHeaders())['content-length'] ?? 0)
      if (/bill-lines.totals/.test(response.url()) && size > 4000) heavy.push(`${size} bytes of ${response.url()}`)
    })
    for (const path of ['/', '/bill', '/projects', '/running']) {
      const asked = await askedBy(page, path)
      assert.ok(asked.length < 60, `${path} asks ${asked.length} times: ${asked.join(' ')}`)
    }
    // Two hours of each are 0.40. Five are told apart; all others are one, to the grain.
    for (let n = 1; n <= 120; n++) await send(app, `job-${n}`, 'stopped', clock.now().toString())
    await world.pass(3600)
    await page.goto('/')
    const legend = (name: string) => page.getByRole('listitem').filter({ hasText: name })
    await legend('Others').getByText('¥46.00').waitFor()
    await legend('Total').getByText('¥48.00').waitFor()
    assert.equal(await legend('Project').count(), 5)
    assert.deepEqual(heavy, [], 'no sums of all of them travel')
    for (const [by, name] of [
      ['SKU', 'cpu'],
      ['User', 'Manifold'],
      ['Kind', 'Jobs'],
    ] as const) {
      await page.getByRole('button', { name: by, exact: true }).click()
      await legend(name).getByText('¥48.00').waitFor()
      await legend('Others').waitFor({ state: 'detached' })
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
    await onlyOf(page, 'Project 99')
  },
)

test(
  'several hundred users and queues: each is found by name on the bill, by who pays, an admin and a member',
  { skip },
  async (t) => {
    const { world, person, page } = await arrive(t, chromium, 'Professor')
    const { app, clock } = world.api
    await pay(app, person.accountId, 10_000n * YUAN)
    const { project, user } = await openProject(world, person, 'Lecture')
    const users = {
      text: `insert into users (bucket, account_id, user_id, name, created_at)
      select bucket, account_id, user_id || n, 'Student ' || n, created_at from users, generate_series(100, 499) n where user_id = $1`,
    }
    const members = {
      text: `insert into member (bucket, account_id, project_id, user_id, role, joined_at)
      select bucket, account_id, project_id, user_id || n, 'member', joined_at from member, generate_series(100, 499) n where project_id = $1`,
    }
    await query(app.database.pool, users, [user])
    await query(app.database.pool, members, [project])
    const [admin, member] = [await world.settleIn('Assistant'), await world.settleIn('Guest')]
    const guest = await transact(app, SYSTEM, async (tx) => {
      for (const [{ email }, role] of [
        [admin, 'admin'],
        [member, 'member'],
      ] as const)
        await addMember(tx, { projectId: project, userId: (await findUserByEmail(tx, email)).userId, role })
      return findUserByEmail(tx, member.email)
    })
    // Each runs on a queue of their own, the guest for longest.
    const event = (n: number, type: string, at: Temporal.Instant) => ({
      ...{ specversion: '1.0', source: 'lab', id: `${type}-${n}`, subject: `job-${n}`, time: at.toString() },
      type: `corehour.usage.${type}`,
      data: {
        ...{ project, user: n === 500 ? guest.userId : `${user}${n}`, kind: 'job' },
        ...{ sku: `queue:q${n}`, quantity: { cpu: String(n) } },
      },
    })
    const numbers = Array.from({ length: 401 }, (_, i) => 100 + i)
    const began = clock.now()
    await applyEvents(
      app,
      numbers.map((n) => event(n, 'started', began)),
    )
    await world.pass(2 * 3600)
    await applyEvents(
      app,
      numbers.map((n) => event(n, 'stopped', clock.now())),
    )
    await world.pass(3600)

    await page.goto('/bill')
    await findUser(page, 'student 123', 'Student 123')
    await page.getByRole('button', { name: 'SKU: All' }).click()
    await page.getByText('There are more: type a part of the name.').waitFor()
    await page.getByPlaceholder('Find a queue or machine type').fill('Q123')
    await page.getByRole('option', { name: 'q123', exact: true }).click()
    await onlyOf(page, 'Student 123')
    assert.match(page.url(), /user=user_\w+123.*sku=queue.*q123/)
    await page.getByRole('button', { name: 'Clear filters' }).click()
    await page.getByLabel('User: All').click()
    await page.getByPlaceholder('Find a user by name').fill('nobody of this name')
    await page.getByText('Nothing is called so').waitFor()

    for (const [who, search, name] of [
      [admin, 'ent 45', 'Student 456'],
      [member, '', 'Guest'],
    ] as const) {
      const { page: theirs } = await world.visit()
      await world.signIn(theirs, who.email)
      await theirs.goto('/bill?view=joined')
      await findUser(theirs, search, name)
      await onlyOf(theirs, name)
      await theirs.getByLabel(`User: ${name}`).waitFor()
    }
  },
)

/** Chooses a user among those that a search finds; without one, among the first. */
async function findUser(page: Page, search: string, name: string): Promise<void> {
  await page.getByLabel('User: All').click()
  await page.getByPlaceholder('Find a user by name').fill(search)
  await page.getByRole('option', { name, exact: true }).click()
}

/** The bill has rows of one name alone between its head and its foot; those of before stand until the new ones have come. */
async function onlyOf(page: Page, name: string): Promise<void> {
  const rows = page.getByRole('group', { name: 'Bill' }).getByRole('row')
  const named = rows.filter({ has: page.getByRole('cell', { name, exact: true }) })
  await named.first().waitFor()
  await eventually(`${name} alone is billed`, async () => (await rows.count()) === (await named.count()) + 2)
}
