import assert from 'node:assert/strict'
import { test } from 'node:test'
import { query } from '../../../base/index.ts'
import { join, openBrowser, openSite, PASSWORD, type Browser } from '../../../../test/browser.ts'
import { tokenIn } from '../../../../test/mailbox.ts'
import { openPerson, signedIn } from '../../../../test/people.ts'

const byText = (a: unknown, b: unknown) => (String(a) < String(b) ? -1 : 1)

test('a newcomer signs up, confirms, creates a project, signs out and in again', async (t) => {
  const site = await openSite(t)
  const { api, address, mailbox } = site
  const browser = openBrowser(address)
  const asked = { name: 'Ada Lovelace', email: 'Ada@Example.org', password: PASSWORD, language: 'zh' }
  const signedUp = await browser.call('POST', '/v1/sign-up', asked)
  assert.deepEqual([signedUp.status, signedUp.body], [202, { email: 'ada@example.org' }])
  assert.equal((await browser.call('POST', '/v1/sessions', { email: asked.email, password: PASSWORD })).status, 422)
  const [mail] = await mailbox.fetch(api.app)
  assert.equal(mail!.recipient, 'ada@example.org')
  assert.match(mail!.subject!, /确认/)
  const token = tokenIn(mail!)
  const wrong = await browser.call('POST', '/v1/confirmations', { token, password: 'another password' })
  assert.deepEqual([wrong.status, wrong.body.code], [422, 'wrong_password'], 'a link alone opens nothing')

  const confirmed = await browser.call('POST', '/v1/confirmations', { token, password: PASSWORD })
  assert.equal(confirmed.status, 201)
  const me = (await browser.call('GET', '/v1/me')).body
  const { name, email, language, scope, staff_role, key_id } = me
  assert.deepEqual(
    { name, email, language, scope, staff_role, key_id },
    {
      name: 'Ada Lovelace',
      email: 'ada@example.org',
      language: 'zh',
      scope: 'customer',
      staff_role: null,
      key_id: null,
    },
  )
  const project = await browser.call('POST', '/v1/projects', { name: 'Engines' }, { 'idempotency-key': 'one' })
  assert.equal(project.status, 201)
  assert.equal(project.body.account_id, me.account_id)
  assert.equal((await browser.call('GET', `/v1/accounts/${me.account_id}`)).body.balance.cash.grains, '0')
  assert.equal((await browser.call('GET', `/v1/accounts/${api.lab.accountId}`)).status, 404)

  assert.deepEqual((await browser.call('GET', '/v1/sessions/current')).body.me.user_id, me.user_id)
  const stolen = browser.cookie
  assert.equal((await browser.call('DELETE', '/v1/sessions/current')).status, 200)
  assert.equal(browser.cookie, undefined, 'the cookie is taken back')
  browser.cookie = stolen
  assert.equal((await browser.call('GET', '/v1/me')).status, 401, 'and ended here too')
  assert.deepEqual((await browser.call('GET', '/v1/sessions/current')).body, { me: null })
  browser.cookie = undefined
  assert.equal(
    (await browser.call('POST', '/v1/sessions', { email: 'ADA@example.org', password: PASSWORD })).status,
    201,
  )
  const again = await browser.call('POST', '/v1/confirmations', { token, password: PASSWORD })
  assert.deepEqual([again.status, again.body.code], [410, 'link_spent'])
})

test('the cookie is HttpOnly and Lax; a session is always a new one, whatever the browser brought', async (t) => {
  const site = await openSite(t)
  const { browser, email } = await join(site, 'Ada')
  const fixed = `corehour=corehour_session_${'0'.repeat(50)}`
  const victim = openBrowser(site.address)
  victim.cookie = fixed
  const first = await victim.call('POST', '/v1/sessions', { email, password: PASSWORD })
  const [set] = first.headers.getSetCookie()
  assert.match(set!, /^corehour=corehour_session_[0-9a-f]{50}; Max-Age=2592000; Path=\/; HttpOnly; SameSite=Lax$/)
  assert.notEqual(victim.cookie, fixed)
  const before = victim.cookie
  assert.equal((await victim.call('POST', '/v1/sessions', { email, password: PASSWORD })).status, 201)
  assert.notEqual(victim.cookie, before)
  const thief = openBrowser(site.address)
  for (const cookie of [fixed, before]) {
    thief.cookie = cookie
    assert.equal((await thief.call('GET', '/v1/me')).status, 401)
  }
  assert.equal((await browser.call('GET', '/v1/me')).status, 200, 'the session of another browser stays')
  const [row] = await query(site.api.app.database.pool, {
    text: `select string_agg(to_jsonb(s)::text, '') as all from session s`,
  })
  assert.ok(!row!.all.includes(victim.cookie!.split('=')[1]), 'only the hash is kept')
})

test('sessions are listed and ended: one, all others, and all but one by a change of the password', async (t) => {
  const site = await openSite(t)
  const { browser, email } = await join(site, 'Ada')
  const others: Browser[] = []
  for (const device of ['Phone', 'Tablet', 'Work']) {
    const other = openBrowser(site.address, device)
    await other.call('POST', '/v1/sessions', { email, password: PASSWORD })
    others.push(other)
  }
  const list = async () => (await browser.call('GET', '/v1/sessions')).body.data
  const listed = await list()
  assert.deepEqual(
    listed.map((each: { device: string; current: boolean }) => [each.device, each.current]).sort(byText),
    [
      ['Firefox', true],
      ['Phone', false],
      ['Tablet', false],
      ['Work', false],
    ],
  )
  assert.equal(listed[0].address, '127.0.0.1')
  const phone = listed.find((each: { device: string }) => each.device === 'Phone')
  for (let times = 0; times < 2; times++)
    assert.equal((await browser.call('DELETE', `/v1/sessions/${phone.session_id}`)).status, 200)
  assert.equal((await others[0]!.call('GET', '/v1/me')).status, 401)
  assert.equal((await browser.call('DELETE', '/v1/sessions')).status, 200)
  for (const other of others) assert.equal((await other.call('GET', '/v1/me')).status, 401)
  assert.equal((await list()).length, 1)

  await others[1]!.call('POST', '/v1/sessions', { email, password: PASSWORD })
  const change = (password: string, new_password: string) =>
    browser.call('POST', '/v1/me/password', { password, new_password })
  assert.equal((await change('not this one', 'another long one')).body.code, 'wrong_password')
  assert.equal((await change(PASSWORD, 'short')).body.code, 'bad_password')
  assert.equal((await change(PASSWORD, 'Password123')).body.code, 'common_password')
  assert.equal((await change(PASSWORD, email)).body.code, 'common_password')
  assert.equal((await change(PASSWORD, 'another long one')).status, 200)
  assert.equal((await others[1]!.call('GET', '/v1/me')).status, 401)
  assert.equal((await browser.call('GET', '/v1/me')).status, 200)
  const mails = await site.mailbox.fetch(site.api.app)
  assert.deepEqual(
    mails.map(({ subject }) => subject),
    ['Your password was changed'],
  )
})

test('a session ends when it is not used for a week, and after a month in any case; an hour and a day for staff', async (t) => {
  const site = await openSite(t)
  const { browser, email } = await join(site, 'Ada')
  const { clock } = site.api
  const status = async () => (await browser.call('GET', '/v1/me')).status
  clock.advance(7 * 86_400 - 1)
  assert.equal(await status(), 200)
  for (let week = 0; week < 3; week++) {
    clock.advance(6 * 86_400)
    assert.equal(await status(), 200, `week ${week}`)
  }
  clock.advance(6 * 86_400)
  assert.equal(await status(), 401, 'a month')
  await browser.call('POST', '/v1/sessions', { email, password: PASSWORD })
  clock.advance(7 * 86_400)
  assert.equal(await status(), 401, 'a week unused')

  await browser.call('POST', '/v1/sessions', { email, password: PASSWORD })
  const { user_id } = (await browser.call('GET', '/v1/me')).body
  const made = await site.api.call('PATCH', `/v1/users/${user_id}`, {
    key: site.api.keys.staff,
    body: { staff_role: 'support' },
  })
  assert.equal(made.body.staff_role, 'support')
  assert.equal(await status(), 401, 'what one may do has changed')
  await browser.call('POST', '/v1/sessions', { email, password: PASSWORD })
  assert.equal((await browser.call('GET', '/v1/me')).body.scope, 'staff')
  clock.advance(3599)
  assert.equal(await status(), 200)
  clock.advance(3600)
  assert.equal(await status(), 401)
})

test('seldom written: a hundred requests within five minutes change no row', async (t) => {
  const site = await openSite(t)
  const { browser } = await join(site, 'Ada')
  const seen = async () =>
    (await query(site.api.app.database.pool, { text: 'select seen_at, xmin::text as version from session' }))[0]!
  const before = await seen()
  for (let n = 0; n < 100; n++) {
    site.api.clock.advance(2)
    assert.equal((await browser.call('GET', '/v1/me')).status, 200)
  }
  assert.deepEqual(await seen(), before)
  site.api.clock.advance(101)
  await browser.call('GET', '/v1/me')
  assert.notEqual((await seen()).version, before.version)
})

test('one link used twice at the same time opens one account', async (t) => {
  const site = await openSite(t)
  const browser = openBrowser(site.address)
  await browser.call('POST', '/v1/sign-up', { name: 'Ada', email: 'ada@example.org', password: PASSWORD })
  const token = tokenIn((await site.mailbox.fetch(site.api.app))[0]!)
  const tries = await Promise.all(
    Array.from({ length: 8 }, () =>
      openBrowser(site.address).call('POST', '/v1/confirmations', { token, password: PASSWORD }),
    ),
  )
  assert.deepEqual(tries.map(({ status }) => status).sort(byText), [201, ...Array<number>(7).fill(410)])
  const [row] = await query(site.api.app.database.pool, {
    text: `select count(*)::int as n from users where email = 'ada@example.org'`,
  })
  assert.equal(row!.n, 1)
})

test('a link whose sign-up is gone, as for a moment when it is used twice, is spent, and no wrong password', async (t) => {
  const site = await openSite(t)
  const browser = openBrowser(site.address)
  await browser.call('POST', '/v1/sign-up', { name: 'Ada', email: 'ada@example.org', password: PASSWORD })
  const token = tokenIn((await site.mailbox.fetch(site.api.app))[0]!)
  await query(site.api.app.database.pool, { text: 'delete from sign_up' })
  const { status, body } = await browser.call('POST', '/v1/confirmations', { token, password: PASSWORD })
  assert.deepEqual([status, body.code], [410, 'link_spent'])
})

test("another site's page can't act in a person's name, nor sign one in", async (t) => {
  const site = await openSite(t)
  const { browser, email } = await join(site, 'Ada')
  const foreign: Record<string, string | undefined>[] = [
    { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' },
    { 'sec-fetch-site': 'same-site', origin: 'https://other.console.example' },
    { 'sec-fetch-site': 'none' },
    { 'sec-fetch-site': undefined, origin: 'https://evil.example' },
    { 'sec-fetch-site': undefined, origin: 'null' },
    { 'sec-fetch-site': undefined, origin: undefined },
    { 'x-corehour-client': undefined },
  ]
  for (const headers of foreign) {
    const { status, body } = await browser.call('PATCH', '/v1/me', { name: 'Mallory' }, headers)
    assert.deepEqual([status, body.code], [403, 'foreign_origin'], JSON.stringify(headers))
  }
  const fresh = openBrowser(site.address)
  for (const headers of foreign.slice(0, 5)) {
    const { body } = await fresh.call('POST', '/v1/sessions', { email, password: PASSWORD }, headers)
    assert.equal(body.code, 'foreign_origin', JSON.stringify(headers))
  }
  const form = { 'content-type': 'text/plain' }
  assert.equal((await browser.call('PATCH', '/v1/me', { name: 'Mallory' }, form)).status, 415)
  assert.equal((await browser.call('GET', '/v1/me')).body.name, 'Ada')
  assert.equal((await browser.call('PATCH', '/v1/me', { name: 'Ada L.' }, { 'sec-fetch-site': undefined })).status, 200)
  const preflight = await fetch(`${site.address}/v1/me`, {
    method: 'OPTIONS',
    headers: { origin: 'https://evil.example', 'access-control-request-method': 'PATCH' },
  })
  assert.equal(preflight.headers.get('access-control-allow-origin'), null)
})

test('an address changes when the new one is confirmed by who knows the password; the old one is told', async (t) => {
  const site = await openSite(t)
  const { api, mailbox } = site
  const { browser, email } = await join(site, 'Ada')
  const { email: taken } = await join(site, 'Charles')
  const change = (to: string, password?: string) =>
    browser.call('PATCH', '/v1/me', { email: to, ...(password && { password }) })
  assert.equal((await change('new@example.org')).body.code, 'wrong_password')
  assert.equal((await change('"ab"@example.org', PASSWORD)).body.code, 'bad_email')
  assert.deepEqual(
    [(await change(taken, PASSWORD)).body.email, (await change('new@example.org', PASSWORD)).body.email],
    [email, email],
  )
  const mails = await mailbox.fetch(api.app)
  assert.deepEqual(mails.map(({ recipient, subject }) => [recipient, subject]).sort(byText), [
    ['charles@example.org', 'You have a Corehour account already'],
    ['new@example.org', 'Confirm your new e-mail address'],
  ])
  const token = tokenIn(mails.find(({ recipient }) => recipient === 'new@example.org')!)
  const other = openBrowser(site.address)
  assert.equal((await other.call('POST', '/v1/confirmations', { token, password: 'a wrong password' })).status, 422)
  assert.equal((await other.call('POST', '/v1/confirmations', { token, password: PASSWORD })).status, 201)
  assert.equal((await browser.call('GET', '/v1/me')).body.email, 'new@example.org')
  assert.equal((await other.call('POST', '/v1/sessions', { email, password: PASSWORD })).status, 422)
  assert.equal((await other.call('POST', '/v1/sessions', { email: 'new@example.org', password: PASSWORD })).status, 201)
  const [told] = await mailbox.fetch(api.app)
  assert.deepEqual([told!.recipient, told!.subject], [email, 'Your e-mail address was changed'])
})

test('with https the cookie is Secure and of this host alone; a proxy is believed where it is named', async (t) => {
  const site = await openSite(t, { publicUrl: 'https://billing.example.org', proxies: ['127.0.0.1'] })
  const person = await openPerson(site.api, 'Ada')
  await signedIn(site.api, person.userId)
  const origin = { origin: 'https://billing.example.org', 'x-forwarded-for': '198.51.100.9, 203.0.113.7' }
  const browser = openBrowser(site.address)
  const signIn = (headers: object) =>
    browser.call('POST', '/v1/sessions', { email: person.email, password: PASSWORD }, { ...headers })
  assert.equal((await signIn({ 'sec-fetch-site': undefined })).body.code, 'foreign_origin', 'by another name')
  const { status, headers, body } = await signIn({ ...origin, 'sec-fetch-site': undefined })
  assert.equal(status, 201)
  const [set] = headers.getSetCookie()
  assert.match(set!, /^__Host-corehour=\S+; Max-Age=2592000; Path=\/; HttpOnly; Secure; SameSite=Lax$/)
  assert.equal(body.address, '203.0.113.7', 'the last that our own proxy has seen, and not what its caller claims')
  assert.equal((await browser.call('GET', '/v1/me')).status, 200)
  browser.cookie = browser.cookie!.replace('__Host-', '')
  assert.equal((await browser.call('GET', '/v1/me')).status, 401, 'a cookie that anybody on the host could set')
  const plain = await openSite(t)
  const direct = openBrowser(plain.address)
  const claimed = await join(plain, 'Charles')
  direct.cookie = claimed.browser.cookie
  const { data } = (await direct.call('GET', '/v1/sessions', undefined, { 'x-forwarded-for': '203.0.113.7' })).body
  assert.equal(data[0].address, '127.0.0.1')
})
