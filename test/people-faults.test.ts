// What people do, while the way to the database is cut at every commit, and while a server is killed with a mail under way.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test, type TestContext } from 'node:test'
import { query, SYSTEM, systemClock, transact, type App } from '../src/base/index.ts'
import { addPassword, createKey, createUser, hashPassword } from '../src/identity/index.ts'
import { openAccount } from '../src/wallet/index.ts'
import { openBrowser, openSite, PASSWORD, type Site } from './browser.ts'
import type { When } from './crash/proxy.ts'
import { serveCuttable } from './cuttable.ts'
import { openTestDatabase } from './harness.ts'
import { FROM, openMailbox, tokenIn } from './mailbox.ts'
import { eventually, startServer } from './process.ts'

/** A person's life, each request after some cuts; answers what was told and how many rows there are. */
async function live(t: TestContext, cuts?: { when: When; times: number }): Promise<unknown> {
  const site = await openSite(t)
  const { http, proxy, close } = await serveCuttable(t, site.api)
  t.after(close)
  const browser = openBrowser(await http.listen({ host: '127.0.0.1', port: 0 }))
  const told: unknown[] = []
  const call = async (method: string, path: string, body?: unknown) => {
    // What only reads is asked again by its caller.
    if (cuts) proxy.cut(cuts.when, method === 'GET' ? 0 : cuts.times)
    const { status, body: answer } = await browser.call(method, path, body)
    told.push([method, path.replace(/sess_\w+/, ''), status, answer.code])
    return answer
  }
  const token = async (subject: string) => {
    const mails = await site.mailbox.fetch(site.api.app)
    return tokenIn(mails.find((mail) => mail.subject === subject)!)
  }
  const email = 'ada@example.org'
  await call('POST', '/v1/sign-up', { name: 'Ada', email, password: PASSWORD })
  await call('POST', '/v1/confirmations', { token: await token('Confirm your e-mail address'), password: PASSWORD })
  await call('PATCH', '/v1/me', { name: 'Ada Lovelace', language: 'en' })
  // A try that is counted again because its commit's answer was lost is given back by time.
  site.api.clock.advance(3600)
  const [second, third] = ['a second password', 'a third password']
  await call('POST', '/v1/me/password', { password: PASSWORD, new_password: second })
  await call('POST', '/v1/password-resets', { email })
  await call('POST', '/v1/password-resets/confirm', { token: await token('Set a new password'), password: third })
  await call('POST', '/v1/sessions', { email, password: third })
  await call('PATCH', '/v1/me', { email: 'new@example.org', password: third })
  await call('POST', '/v1/confirmations', { token: await token('Confirm your new e-mail address'), password: third })
  const { data } = await call('GET', '/v1/sessions')
  await call('DELETE', `/v1/sessions/${data[0].session_id}`)
  await call('POST', '/v1/sessions', { email: 'new@example.org', password: third })
  await call('DELETE', '/v1/sessions')
  await call('DELETE', '/v1/sessions/current')
  await site.mailbox.fetch(site.api.app)
  return { told, rows: await rowsOf(site) }
}

async function rowsOf({ api, mailbox }: Site): Promise<unknown> {
  const [row] = await query(api.app.database.pool, {
    text: `select (select count(*)::int from users) as users, (select count(*)::int from account) as accounts,
      (select count(*)::int from session) as sessions, (select count(*)::int from session where ended_at is null) as open,
      (select count(*)::int from sign_up) as waiting, (select count(*)::int from mail) as mails,
      (select count(*)::int from happening) as happenings, (select count(*)::int from message) as messages`,
  })
  return { ...row, received: mailbox.received.length }
}

for (const when of ['begun', 'before', 'after'] as const) {
  test(`connections cut (${when}): everything is done once, and answered as without`, async (t) => {
    const without = await live(t)
    for (const times of [1, 3]) assert.deepEqual(await live(t, { when, times }), without, `${times} cuts a request`)
  })
}

test('a server is killed when the mail is gone and before it can note it: one repeat, under the same Message-ID', async (t) => {
  const database = await openTestDatabase()
  t.after(() => database.close())
  const mailbox = await openMailbox()
  t.after(() => mailbox.close())
  const start = () =>
    startServer(t, {
      env: {
        DATABASE_URL: database.pool.options.connectionString!,
        COREHOUR_SMTP_URL: mailbox.url,
        COREHOUR_MAIL_FROM: FROM,
      },
      options: ['--empty', '--test-clock'],
    })
  const first = start()
  const address = await first.ready
  const staff = await prepare({
    database,
    clock: systemClock,
    timeZone: 'Asia/Shanghai',
    log: { info() {}, error() {} },
  })
  const { promise: isGone, resolve } = Promise.withResolvers<void>()
  mailbox.onReceived(() => {
    first.child.kill('SIGKILL')
    resolve()
  })
  const asked = await openBrowser(address).call('POST', '/v1/password-resets', { email: 'ada@example.org' })
  assert.equal(asked.status, 202)
  await isGone
  await once(first.child, 'close')
  mailbox.onReceived(() => {})

  const second = start()
  const again = await second.ready
  const advance = (seconds: number) =>
    fetch(`${again}/v1/test-clock/advance`, {
      method: 'POST',
      headers: { authorization: `Bearer ${staff}`, 'content-type': 'application/json' },
      body: JSON.stringify({ seconds }),
    })
  assert.equal((await advance(300)).status, 200)
  await eventually('the mail is sent again', () => mailbox.received.length === 2)
  await eventually(
    'and noted',
    async () => (await query(database.pool, { text: 'select state from mail' }))[0]!.state === 'sent',
  )
  assert.equal((await advance(86_400)).status, 200)
  const [one, two] = mailbox.received
  assert.equal(mailbox.received.length, 2)
  assert.equal(one!.messageId, two!.messageId)
  const browser = openBrowser(again)
  const reset = (token: string) =>
    browser.call('POST', '/v1/password-resets/confirm', { token, password: 'another password' })
  assert.equal((await reset(tokenIn(one!))).status, 410, 'a day later both are over')
  second.child.kill('SIGTERM')
  assert.deepEqual(await second.ended, { status: 0, signal: null })
})

/** A person with a password; a staff key. */
function prepare(app: App): Promise<string> {
  return transact(app, SYSTEM, async (tx) => {
    const { accountId } = await openAccount(tx, { accountId: 'acct_ada', name: 'Ada', currency: 'CNY' })
    const user = await createUser(tx, { accountId, userId: 'user_ada', name: 'Ada', email: 'ada@example.org' })
    await addPassword(tx, user, 'ada@example.org', await hashPassword(PASSWORD))
    return (await createKey(tx, { name: 'staff', scope: 'staff' })).secret
  })
}
