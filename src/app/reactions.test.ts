import assert from 'node:assert/strict'
import { test } from 'node:test'
import { topics } from '@corehour/contract'
import { happen, openDatabase, query, SYSTEM, transact, type App } from '../base/index.ts'
import { createUser } from '../identity/index.ts'
import { openTestApi } from '../../test/api.ts'
import { openProxy } from '../../test/crash/proxy.ts'
import { openMailbox } from '../../test/mailbox.ts'
import { openPerson } from '../../test/people.ts'
import { temporaryFolder } from '../../test/process.ts'
import { reactToAll, REACTIONS } from './reactions.ts'

const CARD = { amount: '360000000000', currency: 'CNY', expires_at: '2026-03-01T00:00:00Z' }

function issue(app: App, accountId: string, lots: readonly string[]): Promise<void> {
  return transact(app, SYSTEM, async (tx) => {
    for (const about of lots) await happen(tx, { accountId, topic: 'card.issued', about, data: CARD })
  })
}

test('every topic has its reaction', () => {
  assert.deepEqual(Object.keys(REACTIONS).toSorted(), Object.keys(topics).toSorted())
})

test('what happened is told once to who belongs to the account, in the system and by mail, and read once', async (t) => {
  const api = await openTestApi()
  t.after(() => api.close())
  const mailbox = await openMailbox()
  t.after(() => mailbox.close())
  const { app } = api
  const ada = await openPerson(api, 'Ada')
  const { userId } = await transact(app, SYSTEM, (tx) =>
    createUser(tx, {
      accountId: ada.accountId,
      userId: 'user_chen',
      name: '陈默',
      email: 'chen@example.org',
      language: 'zh',
    }),
  )
  const stranger = await openPerson(api, 'Stranger')
  await issue(app, ada.accountId, ['lot_1', 'lot_2', 'lot_3'])
  await issue(app, ada.accountId, ['lot_1'])
  await Promise.all([1, 2, 3].map(() => reactToAll(app)))
  const mails = await mailbox.fetch(app)
  assert.deepEqual(
    mails.map(({ recipient, subject }) => `${recipient} ${subject}`).toSorted(),
    [
      ...Array<string>(3).fill(`${ada.email} An experience card of 100.00 CNY for you`),
      ...Array<string>(3).fill('chen@example.org 您获得了 100.00 CNY 的体验卡'),
    ].toSorted(),
  )
  const list = async (key: string, query: object = {}, language = 'en') => {
    const headers = { 'accept-language': language }
    return (await api.call('GET', '/v1/messages', { key, headers, query: { ...query } })).body
  }
  const first = await list(ada.key, { limit: 2 })
  const rest = await list(ada.key, { limit: 2, cursor: first.next_cursor })
  assert.deepEqual([first.data.length, first.has_more, rest.data.length, rest.has_more], [2, true, 1, false])
  assert.equal((await list(ada.key, {}, 'zh')).data[0].title, '您获得了 100.00 CNY 的体验卡')
  assert.deepEqual((await list(stranger.key)).data, [])
  const { message_id: messageId } = first.data[0]
  const read = () => api.call('POST', `/v1/messages/${messageId}/read`, { key: ada.key })
  const [once, twice] = [await read(), await read()]
  assert.deepEqual(once.body, twice.body)
  assert.equal((await list(ada.key, { unread: true })).data.length, 2)
  const foreign = await api.call('POST', `/v1/messages/${messageId}/read`, { key: stranger.key })
  assert.equal(foreign.status, 404)

  // What is for one person is nobody else's, also within the account.
  await transact(app, SYSTEM, (tx) =>
    happen(tx, {
      accountId: ada.accountId,
      topic: 'password.changed',
      about: userId,
      data: { user_id: userId, name: '陈默' },
    }),
  )
  const told = await mailbox.fetch(app)
  assert.deepEqual(
    told.map(({ recipient }) => recipient),
    ['chen@example.org'],
  )
  assert.equal((await list(ada.key)).data.length, 3)
})

for (const when of ['begun', 'before', 'after'] as const) {
  test(`connections cut at every step (${when}): each is reacted to once`, async (t) => {
    const api = await openTestApi()
    t.after(() => api.close())
    const ada = await openPerson(api, 'Ada')
    const folder = temporaryFolder(t)
    const address = new URL(api.app.database.pool.options.connectionString!)
    const proxy = await openProxy(folder, address.searchParams.get('host')!)
    address.searchParams.set('host', folder)
    const database = openDatabase({ connectionString: address.href })
    for (const step of [0, 1]) {
      await issue(api.app, ada.accountId, [`lot_${step}_1`, `lot_${step}_2`])
      // What is to be told is looked for by one transaction, and told by another.
      proxy.cut(when, 2, step)
      await reactToAll({ ...api.app, database })
      assert.equal(proxy.left(), 0)
    }
    await database.close()
    await proxy.close()
    const [row] = await query(api.app.database.pool, {
      text: `select (select count(*)::int from message) as messages, (select count(*)::int from mail) as mails,
        (select count(*)::int from happening where reacted_at is null) as "left"`,
    })
    assert.deepEqual(row, { messages: 4, mails: 4, left: 0 })
  })
}

test('what cannot be told holds up nothing else, and is told once it can be', async (t) => {
  const api = await openTestApi()
  t.after(() => api.close())
  const { app, clock } = api
  const complaints: object[] = []
  const complaining = { ...app, log: { ...app.log, error: (about: object) => void complaints.push(about) } }
  const [ada, ben] = [await openPerson(api, 'Ada'), await openPerson(api, 'Ben')]
  const { pool } = app.database
  await pool.query(`alter table message add constraint poison check (data ->> 'amount' <> '360000000007')`)
  const lots = Array.from({ length: 7 }, (_, n) => `lot_${n}`)
  await issue(app, ada.accountId, lots)
  await transact(app, SYSTEM, (tx) =>
    happen(tx, {
      accountId: ben.accountId,
      topic: 'card.issued',
      about: 'lot_b',
      data: { ...CARD, amount: '360000000007' },
    }),
  )
  await issue(app, ben.accountId, ['lot_c'])
  const told = async () => {
    const rows = await query<{ accountId: string; messages: bigint }>(pool, {
      text: `select account_id as "accountId", count(*) as messages from message group by 1`,
    })
    const mails = await query(pool, { text: 'select from mail' })
    const of = new Map(rows.map(({ accountId, messages }) => [accountId, Number(messages)]))
    return [of.get(ada.accountId), of.get(ben.accountId), mails.length]
  }
  await reactToAll(complaining)
  assert.deepEqual(await told(), [7, 1, 8])
  assert.equal(complaints.length, 1)
  await reactToAll(complaining)
  assert.equal(complaints.length, 1, 'not tried again at once')
  await pool.query('alter table message drop constraint poison')
  clock.advance(60)
  await reactToAll(complaining)
  assert.deepEqual(await told(), [7, 2, 9])
})
