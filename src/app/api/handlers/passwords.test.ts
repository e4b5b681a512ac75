import assert from 'node:assert/strict'
import crypto from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'
import { test } from 'node:test'
import { SYSTEM, transact } from '../../../base/index.ts'
import { takeAttempts } from '../../../identity/index.ts'
import { join, openBrowser, openSite, PASSWORD } from '../../../../test/browser.ts'
import { tokenIn } from '../../../../test/mailbox.ts'
import { openPerson } from '../../../../test/people.ts'

const byText = (a: unknown, b: unknown) => (String(a) < String(b) ? -1 : 1)

test('a forgotten password: the link works once, for an hour, and ends every session', async (t) => {
  const site = await openSite(t)
  const { api, address, mailbox } = site
  const { browser, email } = await join(site, 'Ada')
  const stranger = openBrowser(address)
  const ask = () => stranger.call('POST', '/v1/password-resets', { email: email.toUpperCase() })
  assert.deepEqual((await ask()).body, { email })
  await ask()
  const [one, two] = (await mailbox.fetch(api.app)).map(tokenIn)
  const reset = (token: string, password: string) =>
    stranger.call('POST', '/v1/password-resets/confirm', { token, password })
  assert.equal((await reset(one!, 'too short')).body.code, 'bad_password')
  const both = await Promise.all([reset(one!, 'the first new one'), reset(two!, 'the second new one')])
  assert.deepEqual(both.map(({ status }) => status).sort(byText), [200, 410], 'one of two resets counts')
  const chosen = both[0]!.status === 200 ? 'the first new one' : 'the second new one'
  for (const token of [one!, two!]) assert.equal((await reset(token, 'a third new one')).body.code, 'link_spent')
  assert.equal((await browser.call('GET', '/v1/me')).status, 401)
  const signIn = (password: string) => stranger.call('POST', '/v1/sessions', { email, password })
  assert.equal((await signIn(PASSWORD)).body.code, 'wrong_password')
  assert.equal((await signIn(chosen)).status, 201)

  await ask()
  const [late] = (await mailbox.fetch(api.app)).filter(({ subject }) => subject === 'Set a new password')
  api.clock.advance(3600)
  assert.equal((await reset(tokenIn(late!), 'a fourth new one')).body.code, 'link_spent')
  const tokens = [one!, two!, tokenIn(late!)]
  const { rows } = await api.app.database.pool.query(
    `select to_jsonb(l)::text as row from link l union all select to_jsonb(m)::text from mail m
      union all select to_jsonb(h)::text from happening h union all select to_jsonb(m)::text from message m`,
  )
  for (const { row } of rows) for (const token of tokens) assert.ok(!row.includes(token), 'no secret is kept')
})

test('nobody is told whether an address is known: the same answers, the same work', async (t) => {
  const site = await openSite(t)
  const { email } = await join(site, 'Ada')
  const browser = openBrowser(site.address)
  const argon2 = t.mock.method(crypto, 'argon2')
  syncBuiltinESMExports()
  t.after(() => {
    argon2.mock.restore()
    syncBuiltinESMExports()
  })
  const watch = async (path: string, body: object) => {
    const runs = argon2.mock.callCount()
    const { status, body: answer } = await browser.call('POST', path, body)
    const { request_id: _, ...rest } = answer
    return [status, JSON.stringify(rest).replaceAll(/"email":"[^"]*"/g, ''), argon2.mock.callCount() - runs]
  }
  const unknown = 'nobody@example.org'
  const cases: [string, (email: string) => object][] = [
    ['/v1/sessions', (each) => ({ email: each, password: 'a wrong password' })],
    ['/v1/password-resets', (each) => ({ email: each })],
    ['/v1/sign-up', (each) => ({ name: 'Ada', email: each, password: 'a fine password' })],
  ]
  const runs: unknown[] = []
  for (const [path, bodyOf] of cases) {
    const [known, other] = [await watch(path, bodyOf(email)), await watch(path, bodyOf(unknown))]
    assert.deepEqual(known, other, path)
    runs.push(known[2])
  }
  assert.deepEqual(runs, [1, 0, 1])
  const mails = await site.mailbox.fetch(site.api.app)
  assert.deepEqual(
    mails.map(({ recipient, subject }) => [recipient, subject]).sort(byText),
    [
      [email, 'Set a new password'],
      [email, 'You have a Corehour account already'],
      [unknown, 'Confirm your e-mail address'],
    ],
    'only who reads the mail learns it',
  )
})

test('guessing: ten tries for an address and then one in three minutes, however many at once, on whichever server', async (t) => {
  const site = await openSite(t)
  const { email } = await join(site, 'Ada')
  const browser = openBrowser(site.address)
  const guess = (who: string) => browser.call('POST', '/v1/sessions', { email: who, password: 'a wrong password' })
  const codes = async (who: string, times: number) =>
    (await Promise.all(Array.from({ length: times }, () => guess(who)))).map(({ body }) => body.code).sort(byText)
  const counted = (found: string[]) =>
    Object.fromEntries([...Map.groupBy(found, (each) => each)].map(([code, { length }]) => [code, length]))
  assert.deepEqual(counted(await codes(email, 25)), { wrong_password: 10, too_many_attempts: 15 })
  assert.deepEqual(counted(await codes('nobody@example.org', 12)), { wrong_password: 10, too_many_attempts: 2 })
  const right = () => browser.call('POST', '/v1/sessions', { email, password: PASSWORD })
  const shut = await right()
  assert.deepEqual([shut.status, shut.headers.get('retry-after')], [429, '180'])
  site.api.clock.advance(179)
  assert.equal((await right()).status, 429)
  site.api.clock.advance(1)
  assert.equal((await right()).status, 201, 'who knows it comes in, and all tries are there again')
  assert.deepEqual(counted(await codes(email, 11)), { wrong_password: 10, too_many_attempts: 1 })
  // A new password by mail lets its owner in at once.
  await browser.call('POST', '/v1/password-resets', { email })
  const [mail] = await site.mailbox.fetch(site.api.app)
  await browser.call('POST', '/v1/password-resets/confirm', { token: tokenIn(mail!), password: 'a new password' })
  assert.equal((await browser.call('POST', '/v1/sessions', { email, password: 'a new password' })).status, 201)
})

test('guessing from one network address is slow for all addresses together; mails to one address are few', async (t) => {
  const site = await openSite(t)
  const browser = openBrowser(site.address)
  const from = { kind: 'from', of: '127.0.0.1' } as const
  for (let n = 0; n < 98; n++) await transact(site.api.app, SYSTEM, (tx) => takeAttempts(tx, [from]))
  const seen: string[] = []
  for (let n = 0; n < 4; n++) {
    const guess = { email: `user${n}@example.org`, password: 'a wrong password' }
    seen.push((await browser.call('POST', '/v1/sessions', guess)).body.code)
  }
  assert.deepEqual(seen, ['wrong_password', 'wrong_password', 'too_many_attempts', 'too_many_attempts'])
  const asked: number[] = []
  for (let n = 0; n < 6; n++)
    asked.push((await browser.call('POST', '/v1/password-resets', { email: 'ada@example.org' })).status)
  assert.deepEqual(asked, [202, 202, 202, 202, 202, 429])
})

test('who was made by staff chooses a password by mail; keys have no sessions', async (t) => {
  const site = await openSite(t)
  const person = await openPerson(site.api, 'Grace')
  const browser = openBrowser(site.address)
  await browser.call('POST', '/v1/password-resets', { email: person.email })
  const [mail] = await site.mailbox.fetch(site.api.app)
  assert.equal(mail!.subject, 'Your Corehour account awaits you')
  await browser.call('POST', '/v1/password-resets/confirm', { token: tokenIn(mail!), password: PASSWORD })
  await browser.call('POST', '/v1/sessions', { email: person.email, password: PASSWORD })
  assert.equal((await browser.call('GET', '/v1/me')).body.user_id, person.userId)
  const byKey = await site.api.call('GET', '/v1/sessions', { key: person.key })
  assert.deepEqual([byKey.status, byKey.body.code], [403, 'people_only'])
})

test('who proves the old password while it changes is too late: one change, and no session by the old one', async (t) => {
  const site = await openSite(t)
  const { browser, email } = await join(site, 'Ada')
  const change = (password: string) =>
    browser.call('POST', '/v1/me/password', { password: PASSWORD, new_password: password })
  const others = Array.from({ length: 5 }, () => openBrowser(site.address))
  const [changes] = await Promise.all([
    Promise.all([change('the first new one'), change('the second new one')]),
    ...others.map((other) => other.call('POST', '/v1/sessions', { email, password: PASSWORD })),
  ])
  assert.deepEqual(changes.map(({ status }) => status).toSorted(byText), [200, 422])
  for (const other of others) assert.equal((await other.call('GET', '/v1/me')).status, 401)
  assert.equal((await browser.call('GET', '/v1/me')).status, 200)
})
