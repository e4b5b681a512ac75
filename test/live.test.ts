import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createClient } from '../sdk/index.ts'
import { SYSTEM, transact } from '../src/base/index.ts'
import { createKey, revokeKey } from '../src/identity/index.ts'
import { openTestApi } from './api.ts'
import { CPUS, openPayer, pay, send, YUAN } from './lab.ts'

test('an account is followed: money in, a start, a hold and a deduction each come as the books say them', async (t) => {
  const api = await openTestApi()
  t.after(() => api.close())
  const { app, clock, lab, keys } = api
  const client = createClient({ url: await api.http.listen({ host: '127.0.0.1', port: 0 }), key: keys.customer })
  const news = client.accounts.events({ account_id: lab.accountId })
  const next = async () => {
    const { value } = await news.next()
    const { body } = await api.call('GET', `/v1/accounts/${lab.accountId}`, { key: keys.staff })
    assert.deepEqual(value, body, 'it says what the books say')
    return body.balance
  }
  assert.equal((await next()).settled.grains, '0')
  await pay(app, lab.accountId, 10n * YUAN)
  assert.equal((await next()).settled.grains, String(10n * YUAN))
  const job = { project: lab.projectId, user: lab.userId, kind: 'job', ...CPUS }
  await send(app, 'job-1', 'started', clock.now().toString(), job)
  // Four cores at 0.05.
  assert.equal((await next()).spend_per_hour.grains, String(YUAN / 5n))
  await api.call('POST', '/v1/admissions', { key: keys.platform, body: { ...job, hold: 'interval' } })
  // Five minutes of the same.
  assert.equal((await next()).held.grains, String(YUAN / 60n))
  await openPayer(app, 'Somebody else')
  await api.call('POST', '/v1/test-clock/advance', { key: keys.staff, body: { seconds: 300 } })
  assert.equal((await next()).settled.grains, String(10n * YUAN - YUAN / 60n))
  await news.return(undefined)
})

test('whose key has ended hears no more, and is told so who asks again; what is not there has no news', async (t) => {
  const api = await openTestApi()
  t.after(() => api.close())
  const { app, lab, keys } = api
  const url = await api.http.listen({ host: '127.0.0.1', port: 0 })
  const { key, secret } = await transact(app, SYSTEM, (tx) =>
    createKey(tx, { name: 'lent', scope: 'customer', userId: lab.userId }),
  )
  const news = createClient({ url, key: secret }).accounts.events({ account_id: lab.accountId })
  await news.next()
  await transact(app, SYSTEM, (tx) => revokeKey(tx, key.keyId))
  await new Promise((resolve) => setTimeout(resolve, 1100))
  await pay(app, lab.accountId, YUAN)
  await assert.rejects(news.next(), { status: 401, code: 'unauthorized' })
  for (const [key, id] of [
    [keys.staff, 'acct_none'],
    [keys.customer, (await openPayer(app, 'Other')).accountId],
  ] as const)
    await assert.rejects(createClient({ url, key }).accounts.events({ account_id: id }).next(), { status: 404 })
})
