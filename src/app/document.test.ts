// What a page's document brings: the scripts of its page and the API's own answers, for whoever asks and nobody else.
import assert from 'node:assert/strict'
import { before, test, type TestContext } from 'node:test'
import { buildApart, isStale } from '../../scripts/web.mjs'
import { openTestApi, type TestApi } from '../../test/api.ts'
import { pay, YUAN } from '../../test/lab.ts'
import { openPerson, signedIn } from '../../test/people.ts'

before(async () => {
  if (isStale()) await buildApart(process.execPath)
})

const WHO = '/v1/sessions/current'
const OWN = ['/', '/bill', '/top-up', '/projects', '/nobody/knows/this']

async function open(t: TestContext, options: Parameters<typeof openTestApi>[0] = {}): Promise<TestApi> {
  const api = await openTestApi(options)
  t.after(() => api.close())
  return api
}

/** A document and the answers in it, read as a browser reads them: the text of a script ends at its end tag. */
async function load({ http }: TestApi, url: string, cookie?: string) {
  const headers = { accept: 'text/html', ...(cookie !== undefined && { cookie }) }
  const { statusCode, headers: sent, body } = await http.inject({ url, headers })
  assert.equal(statusCode, 200, url)
  assert.equal(sent['cache-control'], 'private, no-store', url)
  const blocks = body.matchAll(/<script type="application\/json" data-answer="([^"]+)">(.*?)<\/script>/gs)
  const answers = new Map([...blocks].map(([, path, text]) => [path!.replaceAll('&amp;', '&'), JSON.parse(text!)]))
  return { body, answers }
}

/** The same with so many answers: on a busy machine some of them may come too late for a document. */
async function loadWith(count: number, ...what: Parameters<typeof load>) {
  for (let tries = 0; tries < 40; tries++) {
    const loaded = await load(...what)
    if (loaded.answers.size === count) return loaded
  }
  throw new Error(`${what[1]} never came with ${count} answers`)
}

async function person(api: TestApi, name: string) {
  const { userId, accountId } = await openPerson(api, name)
  return { userId, accountId, cookie: await signedIn(api, userId) }
}

test('a document brings what its page asks first, as the API answers it to the same session', async (t) => {
  const api = await open(t)
  const { accountId, cookie } = await person(api, 'Ada')
  await pay(api.app, accountId, 7n * YUAN)
  for (const [path, count] of [
    ['/', 2],
    ['/bill', 4],
    ['/pricing', 4],
    ['/top-up', 4],
  ] as const) {
    const { answers } = await loadWith(count, api, path, cookie)
    for (const [asked, answer] of answers) {
      const [route, query] = asked.split('?') as [string, string?]
      const told = await api.call('GET', route, { cookie, query: Object.fromEntries(new URLSearchParams(query)) })
      assert.deepEqual(answer, told.body, asked)
    }
    assert.equal(answers.get(WHO).me.account_id, accountId)
    assert.equal(answers.get(`/v1/accounts/${accountId}`).balance.settled.amount, '7.00000000')
  }
})

test('nobody is brought what is somebody’s, neither before a session nor after it', async (t) => {
  const api = await open(t)
  const [ada, bob] = [await person(api, 'Ada'), await person(api, 'Bob')]
  for (const path of OWN) {
    const theirs = await load(api, path, bob.cookie)
    assert.doesNotMatch(theirs.body, new RegExp(`Ada|${ada.accountId}`), path)
    const nobodys = await loadWith(1, api, path)
    assert.deepEqual([...nobodys.answers], [[WHO, { me: null }]], path)
  }
  assert.equal((await loadWith(2, api, '/', bob.cookie)).answers.get(WHO).me.name, 'Bob')
  await loadWith(3, api, '/pricing')
  await loadWith(2, api, '/', ada.cookie)
  await api.call('DELETE', WHO, { cookie: ada.cookie })
  assert.deepEqual([...(await loadWith(1, api, '/', ada.cookie)).answers], [[WHO, { me: null }]])
})

test('a view brings what its account sees, to the staff who opened it alone', async (t) => {
  const api = await open(t)
  const [ada, grace] = [await person(api, 'Ada'), await person(api, 'Grace')]
  await api.call('PATCH', `/v1/users/${grace.userId}`, { key: api.keys.staff, body: { staff_role: 'support' } })
  const cookie = await signedIn(api, grace.userId)
  const path = `/v1/accounts/${ada.accountId}/views`
  const { body: view } = await api.call('POST', path, { cookie, body: { reason: 'Asked about a deduction' } })
  const page = `/view/${view.view_id}/bill`
  const seen = await loadWith(4, api, page, cookie)
  assert.equal(seen.answers.get(WHO).me.view.view_id, view.view_id)
  assert.ok(
    seen.answers.has(`/v1/accounts/${ada.accountId}`) && seen.answers.has('/v1/bill-lines?view=created&limit=50'),
  )
  assert.deepEqual([...(await loadWith(1, api, '/bill', cookie)).answers.keys()], [WHO], 'outside of it they are staff')
  assert.equal((await load(api, page, ada.cookie)).answers.size, 0)
  assert.deepEqual([...(await loadWith(1, api, page)).answers], [[WHO, { me: null }]])
})

test('an address with a query brings nothing, and nothing of an address stands in a document', async (t) => {
  const api = await open(t)
  const { cookie } = await person(api, 'Ada')
  for (const path of ['/bill?kind=job', '/?topup=agreed']) {
    const { body, answers } = await load(api, path, cookie)
    assert.equal(answers.size, 0)
    assert.match(body, /rel="modulepreload"/, 'its scripts are named all the same')
  }
  const odd = await load(api, '/bill/\'"><script>alert(1)</script>', cookie)
  assert.doesNotMatch(odd.body, /alert/)
})

test('a name that ends a script and begins another is text', async (t) => {
  const api = await open(t)
  const name = '</script><script>alert(1)</script><!--<script>$& $`'
  const { cookie } = await person(api, 'Mallory')
  assert.equal((await api.call('PATCH', '/v1/me', { cookie, body: { name } })).status, 200)
  const { body, answers } = await loadWith(2, api, '/', cookie)
  assert.equal(answers.get(WHO).me.name, name)
  assert.equal(body.match(/<script/g)!.length, 2 + answers.size, 'those of the build and the answers')
})

test('every page’s scripts are there, and each names those that it can’t begin without', async (t) => {
  const api = await open(t)
  const all = ['/', '/bill/line_a', '/postings/7', '/projects/proj_a', '/running', '/settings', '/messages', '/sign-in']
  for (const path of [...all, '/staff', '/staff/accounts/acct_a', '/view/view_a/', '/view/view_a/bill']) {
    const { body } = await load(api, path)
    const links = [...body.matchAll(/<link rel="modulepreload"[^>]* href="([^"]+)">/g)].map(([, href]) => href!)
    assert.ok(links.length > 1, path)
    for (const url of links) {
      const { statusCode, body: script } = await api.http.inject({ url })
      assert.equal(statusCode, 200, url)
      const imports = [...script.matchAll(/from"\.\/([^"]+)"/g)].map(([, name]) => `/assets/${name}`)
      for (const each of imports) assert.ok(links.includes(each) || body.includes(`src="${each}"`), `${path}: ${each}`)
    }
  }
})

test('books that don’t answer hold up no document', async (t) => {
  const api = await open(t)
  const { cookie } = await person(api, 'Ada')
  const connection = await api.app.database.pool.connect()
  try {
    await connection.query('begin')
    await connection.query('lock table wallet in access exclusive mode')
    assert.deepEqual([...(await loadWith(1, api, '/', cookie)).answers.keys()], [WHO])
  } finally {
    await connection.query('rollback')
    connection.release()
  }
})

test('a document asks within the limit of who asks for it, and comes without answers where that is reached', async (t) => {
  const api = await open(t, { requestsAMinute: 3 })
  const { accountId, cookie } = await person(api, 'Ada')
  const ask = () => api.call('GET', `/v1/accounts/${accountId}`, { cookie })
  for (let asked = await ask(); asked.status !== 429; asked = await ask()) assert.equal(asked.status, 200)
  assert.equal((await load(api, '/', cookie)).answers.size, 0)
})
