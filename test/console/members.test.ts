// Members added in bulk, and what fails halfway; in a real Chromium over the real server.
import assert from 'node:assert/strict'
import { after, before, test, type TestContext } from 'node:test'
import type { Browser, Route } from 'playwright-core'
import { eventually } from '../process.ts'
import { openChromium, withoutChromium as skip } from './browser.ts'
import { arrive, openProject, PASSWORD } from './world.ts'

let chromium: Browser
before(async () => {
  if (!skip) chromium = await openChromium()
})
after(() => chromium?.close())

/** A project's page, with six people who could be added. */
async function openMembers(t: TestContext) {
  const { world, person, page, expect } = await arrive(t, chromium, 'Creator')
  const { project } = await openProject(world, person, 'Folding')
  const people: string[] = []
  for (let n = 1; n <= 6; n++) people.push((await world.settleIn(`Person ${n}`)).email)
  await page.goto(`/projects/${project}`)
  const box = page.getByRole('textbox', { name: 'Add by e-mail' })
  const press = () => page.getByRole('button', { name: 'Add', exact: true }).dblclick()
  const inBooks = async (): Promise<{ email: string; role: string; removed_at: string | null }[]> => {
    const { body } = await world.api.call('GET', `/v1/projects/${project}/members`, { key: world.api.keys.staff })
    return body.data.filter(({ removed_at }: { removed_at: string | null }) => removed_at === null)
  }
  const members = async () => (await inBooks()).map(({ email }) => email).toSorted()
  return { person, page, expect, people, box, press, members, inBooks }
}

test(
  'a bad address among good ones: these are added, it stays with the reason, and nobody is there twice',
  { skip },
  async (t) => {
    const { person, page, expect, people, box, press, members, inBooks } = await openMembers(t)
    const [first, second, third] = people as [string, string, string]
    expect(404, /members/)
    expect(400, /members/)
    expect(422, /members/)
    await box.fill(`${first}, nobody@example.org; ${second}\nno address\n${first} ${third}`)
    await press()
    await page.getByText('3 added').waitFor()
    await page.getByText('Not added: nobody@example.org').waitFor()
    // Two words, neither of which is an address.
    await page.getByText('Not added: address').waitFor()
    assert.equal(await box.inputValue(), 'nobody@example.org\nno\naddress')
    assert.deepEqual(await members(), [person.email, first, second, third].toSorted())
    const table = page.getByRole('group', { name: 'Members' })
    await table.getByText(third).waitFor()

    // One becomes an admin, another leaves.
    const row = (email: string) => table.getByRole('row').filter({ hasText: email })
    await row(first).getByRole('combobox').selectOption('admin')
    await row(second).getByRole('button', { name: 'Remove: Person 2' }).filter({ visible: true }).click()
    await row(second).waitFor({ state: 'detached' })
    await eventually('the books say so', async () => {
      const roles = (await inBooks()).map(({ role }) => role)
      return roles.toSorted().join() === 'admin,creator,member'
    })
  },
)

test(
  'the server goes halfway: who was added is said, who was not stays, and pressed again all are there once',
  { skip },
  async (t) => {
    const { person, page, people, box, press, members, expect } = await openMembers(t)
    expect(502, /members/)
    let asked = 0
    // The third is done and not answered; of all after it nothing is known.
    const cut = async (route: Route) => {
      if (route.request().method() !== 'POST') return route.continue()
      asked++
      if (asked === 3) await route.fetch()
      return asked < 3 ? route.continue() : route.fulfill({ status: 502, body: 'Bad gateway' })
    }
    await page.route('**/members', cut)
    await box.fill(people.join('\n'))
    await press()
    await page.getByText('2 added').waitFor()
    await page.getByText('4 were not reached').waitFor()
    await page.getByText('There was no answer').waitFor()
    assert.equal(await box.inputValue(), people.slice(2).join('\n'))
    assert.ok(asked <= 4, 'each press asks for nobody more once the server has gone')
    assert.deepEqual(await members(), [person.email, ...people.slice(0, 3)].toSorted())

    await page.unroute('**/members', cut)
    await press()
    await page.getByText('6 added').waitFor()
    await eventually('the box is empty', async () => (await box.inputValue()) === '')
    assert.deepEqual(await members(), [person.email, ...people].toSorted())
    const rows = page.getByRole('group', { name: 'Members' }).getByRole('row')
    await eventually('each stands there once', async () => (await rows.count()) === 1 + 1 + people.length)
  },
)

test('a session that ends halfway: the rest stays, and goes on once signed in', { skip }, async (t) => {
  const { person, page, people, box, press, members, expect } = await openMembers(t)
  expect(401, /\/v1\//)
  let asked = 0
  await page.route('**/members', async (route: Route) => {
    if (route.request().method() === 'POST' && ++asked === 3) await page.context().clearCookies()
    await route.continue()
  })
  await box.fill(people.join('\n'))
  await press()
  const dialog = page.getByRole('dialog', { name: 'You are signed out' })
  await dialog.getByLabel('E-mail').fill(person.email)
  await dialog.getByLabel('Password').fill(PASSWORD)
  await dialog.getByRole('button', { name: 'Sign in' }).click()
  await dialog.waitFor({ state: 'detached' })
  await page.getByText('2 added').waitFor()
  assert.equal(await box.inputValue(), people.slice(2).join('\n'))
  await press()
  await page.getByText('6 added').waitFor()
  assert.deepEqual(await members(), [person.email, ...people].toSorted())
})
