import assert from 'node:assert/strict'
import { request } from 'node:http'
import { test } from 'node:test'
import { queueMail } from '../notify/index.ts'
import { SYSTEM, transact } from '../base/index.ts'
import { openSite } from '../../test/browser.ts'
import { openTestApi } from '../../test/api.ts'

/** A request whose Host is what one says, as another name for the same address has it. */
function get(
  address: string,
  path: string,
  headers: Record<string, string> = {},
): Promise<{ status: number; text: string; headers: Record<string, unknown> }> {
  return new Promise((resolve, reject) => {
    request(`${address}${path}`, { headers }, (response) => {
      let text = ''
      response.on('data', (chunk) => (text += chunk))
      response.on('end', () => resolve({ status: response.statusCode!, text, headers: response.headers }))
    })
      .on('error', reject)
      .end()
  })
}

test('without a mail server the outbox shows what waits, to this machine alone, and its links work', async (t) => {
  const site = await openSite(t, { outbox: true })
  const { address, api } = site
  const script = '<script>alert(1)</script>'
  const body = { name: script, email: 'ada@example.org', password: 'four words in a row' }
  const send = (path: string, what: object) =>
    fetch(address + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(what),
    })
  assert.equal((await send('/v1/sign-up', body)).status, 202)
  const list = await get(address, '/outbox')
  assert.equal(list.status, 200)
  assert.match(list.text, /No mail is sent/)
  assert.match(String(list.headers['content-security-policy']), /default-src 'none'/)
  assert.equal(list.headers['x-content-type-options'], 'nosniff')
  const path = /href="(\/outbox\/[^"]+)"/.exec(list.text)![1]!
  const [one, two] = [await get(address, path), await get(address, path)]
  assert.ok(!one.text.includes('alert(1)'), 'what a stranger typed is not mailed')
  const tokens = [one, two].map(({ text }) => /#(corehour_link_[0-9a-f]{50})/.exec(text)![1]!)
  assert.notEqual(tokens[0], tokens[1])
  assert.ok(one.text.includes(`href="${address}/confirm#${tokens[0]}"`))
  const { password } = body
  const confirmed = await send('/v1/confirmations', { token: tokens[0], password })
  assert.equal(confirmed.status, 201)
  assert.equal(
    (await send('/v1/confirmations', { token: tokens[1], password })).status,
    410,
    'and the account is there once',
  )

  for (const headers of [
    { host: 'evil.example' },
    { 'x-forwarded-for': '127.0.0.1' },
    { forwarded: 'for=127.0.0.1' },
  ] as Record<string, string>[])
    for (const each of ['/outbox', path])
      assert.equal((await get(address, each, headers)).status, 404, JSON.stringify(headers))
  const far = await api.http.inject({ url: '/outbox', remoteAddress: '203.0.113.7', headers: { host: 'localhost' } })
  assert.equal(far.statusCode, 404)
  const mail = {
    mailId: 'mail_x',
    address: 'nobody@example.org',
    language: 'en',
    kind: 'password_reset',
    data: {},
  } as const
  await transact(api.app, SYSTEM, (tx) => queueMail(tx, { ...mail, near: mail.address }))
  assert.match((await get(address, '/outbox/mail_x')).text, /Nothing is sent/)
})

test('where mail is sent there is no outbox', async (t) => {
  const api = await openTestApi()
  t.after(() => api.close())
  assert.equal((await api.http.inject({ url: '/outbox', headers: { host: 'localhost' } })).statusCode, 404)
})
