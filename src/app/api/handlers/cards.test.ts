import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test, type TestContext } from 'node:test'
import { openTestApi, type TestApi } from '../../../../test/api.ts'
import { openProxy } from '../../../../test/crash/proxy.ts'
import { CPUS, pass, send, YUAN } from '../../../../test/lab.ts'
import { waitForLock } from '../../../../test/locks.ts'
import { openPerson } from '../../../../test/people.ts'
import { temporaryFolder } from '../../../../test/process.ts'
import { openDatabase, query, SYSTEM } from '../../../base/index.ts'
import { redeemCode } from '../../../payments/index.ts'

const TERMS = { amount: '50.00', count: 3, expires_at: '2026-02-01T00:00:00Z', note: '冬季学校' }

async function open(t: TestContext): Promise<TestApi> {
  const api = await openTestApi()
  t.after(() => api.close())
  return api
}

async function issue(api: TestApi, terms: object = {}): Promise<{ batchId: string; codes: string[] }> {
  const { status, body } = await api.call('POST', '/v1/card-batches', {
    key: api.keys.staff,
    body: { ...TERMS, ...terms },
  })
  assert.equal(status, 201, JSON.stringify(body))
  return { batchId: body.batch.batch_id, codes: body.codes }
}

const redeem = (api: TestApi, code: string, more: object = {}) =>
  api.call('POST', '/v1/cards/redeem', { key: api.keys.customer, body: { code }, ...more })
const cardsOf = async (api: TestApi, key = api.keys.customer) => (await api.call('GET', '/v1/cards', { key })).body.data
const batchOf = async (api: TestApi, batchId: string) =>
  (await api.call('GET', `/v1/card-batches/${batchId}`, { key: api.keys.staff })).body
const outcomes = (answers: { status: number; body: any }[]) =>
  answers.map(({ status, body }) => `${status} ${body.code ?? 'done'}`).sort((a, b) => (a < b ? -1 : 1))
const codeOf = ({ status, body }: { status: number; body: any }) => [status, body.code]

test('codes are shown once, kept as hashes, and redeemed as a card that pays arrears first', async (t) => {
  const api = await open(t)
  const { projectId: project, userId: user } = api.lab
  await send(api.app, 'job-1', 'started', '2026-01-01T00:00:00Z', { project, user, kind: 'job', ...CPUS })
  await pass(api.app, api.clock, '2026-01-01T05:00:00Z')
  await send(api.app, 'job-1', 'stopped', '2026-01-01T05:00:00Z')
  const request = { key: api.keys.staff, body: TERMS, idempotencyKey: 'b1' }
  const issued = await api.call('POST', '/v1/card-batches', request)
  const again = await api.call('POST', '/v1/card-batches', request)
  assert.deepEqual(again.body, { batch: issued.body.batch, codes: null })
  // The stored answer is forgotten: no more codes come into the world all the same.
  await query(api.app.database.pool, { text: 'delete from idempotency_key' })
  assert.deepEqual((await api.call('POST', '/v1/card-batches', request)).body, again.body)
  await query(api.app.database.pool, { text: 'delete from idempotency_key' })
  const other = await api.call('POST', '/v1/card-batches', { ...request, body: { ...TERMS, note: 'other' } })
  assert.deepEqual(codeOf(other), [409, 'key_reused'])

  const [code] = issued.body.codes as [string]
  const tables = await query(api.app.database.pool, {
    text: `select (select string_agg(c::text, ' ') from card_code c) || (select string_agg(i::text, ' ') from idempotency_key i)
      || (select string_agg(s::text, ' ') from staff_action s) as all`,
  })
  for (const text of [code, code.replaceAll('-', '')])
    assert.ok(!String(tables[0]!.all).includes(text), 'the code is nowhere')

  const done = await redeem(api, code.toLowerCase().replaceAll('-', ' '))
  assert.equal(done.status, 201)
  // Five hours at 0.2 an hour were owed.
  assert.equal(done.body.arrears_paid.grains, String(YUAN))
  const { lot_id, remaining, ...card } = done.body.card
  assert.deepEqual(card, {
    state: 'usable',
    amount: { currency: 'CNY', amount: '50.00000000', grains: String(50n * YUAN) },
    priority: 0,
    expires_at: '2026-02-01T00:00:00Z',
    note: '冬季学校',
    code: code.slice(-4),
    issued_at: '2026-01-01T05:00:00Z',
  })
  assert.equal(remaining.grains, String(49n * YUAN))
  assert.deepEqual(await cardsOf(api), [done.body.card])
  const happened = await query(api.app.database.pool, { text: 'select topic, about, data from happening' })
  assert.deepEqual(happened, [
    {
      topic: 'card.issued',
      about: lot_id,
      data: {
        lot_id,
        amount: String(50n * YUAN),
        currency: 'CNY',
        expires_at: '2026-02-01T00:00:00Z',
        note: '冬季学校',
        code: code.slice(-4),
      },
    },
  ])
  assert.equal((await batchOf(api, issued.body.batch.batch_id)).redeemed, 1)
})

test('a code is redeemed once: two accounts at once, the same account at once, and the same request ten times', async (t) => {
  const api = await open(t)
  const { codes, batchId } = await issue(api, { once_per_account: false })
  const people = await Promise.all(['Ada', 'Grace', 'Edsger', 'Barbara'].map((name) => openPerson(api, name)))
  const raced = await Promise.all(people.map(({ key }) => redeem(api, codes[0]!, { key })))
  assert.deepEqual(outcomes(raced), ['201 done', ...Array<string>(3).fill('409 code_redeemed')])
  const alone = await Promise.all(Array.from({ length: 5 }, () => redeem(api, codes[1]!)))
  assert.deepEqual(outcomes(alone), ['201 done', ...Array<string>(4).fill('409 code_redeemed')])
  const same = await Promise.all(Array.from({ length: 10 }, () => redeem(api, codes[2]!, { idempotencyKey: 'r' })))
  for (const each of same) assert.deepEqual([each.status, each.body], [201, same[0]!.body])
  const reused = await redeem(api, codes[0]!, { idempotencyKey: 'r' })
  assert.deepEqual(codeOf(reused), [409, 'key_reused'])
  assert.equal((await cardsOf(api)).length, 2)
  const held = await Promise.all(people.map(({ key }) => cardsOf(api, key)))
  assert.equal(held.flat().length, 1)
  assert.equal((await batchOf(api, batchId)).redeemed, 3)
  const listed = await api.call('GET', `/v1/card-batches/${batchId}/codes`, { key: api.keys.staff })
  const winner = people[raced.findIndex(({ status }) => status === 201)]!
  const found = new Map(listed.body.data.map((row: any) => [row.last, row.account_id]))
  assert.deepEqual(
    codes.map((code) => found.get(code.slice(-4))),
    [winner.accountId, api.lab.accountId, api.lab.accountId],
  )
})

test('an account redeems one code of a batch, also when it tries two at once; the other stays good', async (t) => {
  const api = await open(t)
  const { codes } = await issue(api)
  const both = await Promise.all(codes.map((code) => redeem(api, code)))
  assert.deepEqual(outcomes(both), ['201 done', ...Array<string>(2).fill('409 code_limit')])
  const { key } = await openPerson(api, 'Ada')
  const left = codes[both.findIndex(({ status }) => status === 409)]!
  assert.equal((await redeem(api, left, { key })).status, 201)
})

test('codes that can not be redeemed say why', async (t) => {
  const api = await open(t)
  const fixed = await issue(api, { expires_at: '2026-01-02T00:00:00Z' })
  const late = await issue(api, { redeem_by: '2026-01-02T00:00:00Z' })
  const days = await issue(api, { expires_at: undefined, valid_days: 30, redeem_by: '2026-01-03T00:00:00Z' })
  const dollars = await issue(api, { currency: 'USD' })
  const gone = await issue(api)
  const revoked = await api.call('POST', `/v1/card-batches/${gone.batchId}/revoke`, { key: api.keys.staff })
  assert.deepEqual([revoked.status, revoked.body.revoked_at, revoked.body.redeemed], [200, '2026-01-01T00:00:00Z', 0])
  api.clock.set('2026-01-02T00:00:00Z')
  assert.deepEqual(codeOf(await redeem(api, fixed.codes[0]!)), [409, 'code_expired'])
  assert.deepEqual(codeOf(await redeem(api, late.codes[0]!)), [409, 'code_expired'])
  assert.deepEqual(codeOf(await redeem(api, gone.codes[0]!)), [409, 'code_revoked'])
  assert.deepEqual(codeOf(await redeem(api, dollars.codes[0]!)), [422, 'wrong_currency'])
  const zh = await redeem(api, gone.codes[0]!, { headers: { 'accept-language': 'zh' } })
  assert.equal(zh.body.detail, `末四位为 ${gone.codes[0]!.slice(-4)} 的兑换码已作废。请联系发放者。`)
  const typo = days.codes[0]!.replace(/^./, (letter) => (letter === 'A' ? 'B' : 'A'))
  assert.deepEqual(codeOf(await redeem(api, typo)), [422, 'code_mistyped'])
  const done = await redeem(api, days.codes[0]!)
  assert.deepEqual([done.status, done.body.card.expires_at], [201, '2026-02-01T00:00:00Z'])
  assert.equal((await cardsOf(api)).length, 1)
  assert.equal((await query(api.app.database.pool, { text: 'select 1 from lot' })).length, 1)
})

test('a batch that is revoked while a code of it is redeemed: what is answered is true', async (t) => {
  const api = await open(t)
  const { codes, batchId } = await issue(api, { once_per_account: false, count: 20 })
  const path = `/v1/card-batches/${batchId}/revoke`
  const [revoked, ...tries] = await Promise.all([
    api.call('POST', path, { key: api.keys.staff }),
    ...codes.map((code) => redeem(api, code)),
  ])
  const done = tries.filter(({ status }) => status === 201).length
  assert.ok(tries.every((each) => each.status === 201 || each.body.code === 'code_revoked'))
  assert.equal(revoked!.body.redeemed, done)
  assert.equal((await api.call('POST', path, { key: api.keys.staff })).body.revoked_at, revoked!.body.revoked_at)
})

test('guessing ends after ten codes that do not exist, also when they come at once, and begins again an hour later', async (t) => {
  const api = await open(t)
  const { codes } = await issue(api)
  const others = (await issue(await open(t), { count: 60 })).codes
  const tries = await Promise.all(others.slice(0, 40).map((code) => redeem(api, code)))
  const counts = Map.groupBy(tries, ({ body }) => body.code)
  assert.deepEqual([counts.get('unknown_code')!.length, counts.get('too_many_guesses')!.length], [10, 30])
  const stopped = await redeem(api, codes[0]!)
  assert.deepEqual([...codeOf(stopped), stopped.headers['retry-after']], [429, 'too_many_guesses', '3600'])
  const { key } = await openPerson(api, 'Ada')
  assert.equal((await redeem(api, codes[1]!, { key })).status, 201, 'another account is not concerned')
  api.clock.advance(3599)
  assert.equal((await redeem(api, codes[0]!)).headers['retry-after'], '1')
  api.clock.advance(1)
  assert.equal((await redeem(api, codes[0]!)).status, 201)
  assert.deepEqual(codeOf(await redeem(api, others[41]!)), [404, 'unknown_code'])
})

test('on the test clock: a reminder at the boundary after it is due, and the rest is gone at the very second of the expiry', async (t) => {
  const api = await open(t)
  const body = { amount: '20', expires_at: '2026-01-10T10:02:31Z', note: 'Winter school' }
  const path = `/v1/accounts/${api.lab.accountId}/grants`
  assert.equal((await api.call('POST', path, { key: api.keys.staff, body })).status, 201)
  const advance = (to: string) => api.call('POST', '/v1/test-clock/advance', { key: api.keys.staff, body: { to } })
  const look = async () => {
    const account = await api.call('GET', `/v1/accounts/${api.lab.accountId}`, { key: api.keys.customer })
    const topics = await query(api.app.database.pool, { text: 'select topic from happening order by topic' })
    const [card] = await cardsOf(api)
    return [topics.map(({ topic }) => topic), card.state, card.note, account.body.balance.available.amount]
  }
  // Only the last boundary of each stretch matters here: the days before are passed over.
  api.clock.set('2026-01-03T09:58:00Z')
  await advance('2026-01-03T10:04:59Z')
  assert.deepEqual(await look(), [['card.issued'], 'usable', 'Winter school', '20.00000000'])
  await advance('2026-01-03T10:05:00Z')
  assert.deepEqual(await look(), [['card.expiring', 'card.issued'], 'usable', 'Winter school', '20.00000000'])
  api.clock.set('2026-01-10T09:58:00Z')
  await advance('2026-01-10T10:02:30Z')
  assert.deepEqual((await look()).slice(1), ['usable', 'Winter school', '20.00000000'])
  await advance('2026-01-10T10:02:31Z')
  assert.deepEqual((await look()).slice(1), ['expired', 'Winter school', '0.00000000'])
})

test('kill -9 between the code and its card: neither is taken, and the next try has both', async (t) => {
  const api = await open(t)
  const { codes } = await issue(api)
  const [code] = codes as [string]
  const { connectionString } = api.app.database.pool.options
  // The lot waits for whoever looks at the lots; by then the code is claimed.
  const watcher = await api.app.database.pool.connect()
  await watcher.query('begin')
  await watcher.query('lock table lot in share mode')
  const input = JSON.stringify({ accountId: api.lab.accountId, code, requestId: 'act_killed' })
  const script = `import { openDatabase, manualClock, SYSTEM } from './src/base/index.ts'
    import { redeemCode } from './src/payments/index.ts'
    const database = openDatabase({ connectionString: ${JSON.stringify(connectionString)} })
    const app = { database, clock: manualClock('2026-01-01T00:00:00Z'), timeZone: 'Asia/Shanghai', log: { info() {}, error() {} } }
    await redeemCode(app, SYSTEM, ${input})`
  const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', script], { stdio: 'inherit' })
  const ended = once(child, 'exit')
  try {
    await Promise.race([waitForLock(api.app), ended])
    const claims = await query(api.app.database.pool, {
      text: `select 1 from pg_locks where relation = 'card_code'::regclass and mode = 'RowExclusiveLock'
        and pid in (select pid from pg_stat_activity where datname = current_database())`,
    })
    assert.equal(claims.length, 1, 'the code is claimed')
  } finally {
    child.kill('SIGKILL')
    await ended
    await watcher.query('rollback')
    watcher.release()
  }
  const again = await redeem(api, code, { idempotencyKey: 'after the kill' })
  assert.equal(again.status, 201, JSON.stringify(again.body))
  assert.equal((await cardsOf(api)).length, 1)
})

test('a commit whose answer is lost: the same call finds the card that it made', async (t) => {
  const api = await open(t)
  const { codes } = await issue(api)
  const folder = temporaryFolder(t)
  const address = new URL(api.app.database.pool.options.connectionString!)
  const proxy = await openProxy(folder, address.searchParams.get('host')!)
  address.searchParams.set('host', folder)
  const database = openDatabase({ connectionString: address.href })
  try {
    const cut = { ...api.app, database }
    for (const [n, when] of (['before', 'after'] as const).entries()) {
      proxy.cut(when, 1)
      const { accountId } = await openPerson(api, `Person${n}`)
      const done = await redeemCode(cut, SYSTEM, { accountId, code: codes[n]!, requestId: `act_${n}` })
      assert.equal(proxy.left(), 0)
      assert.equal(done.last, codes[n]!.slice(-4))
    }
  } finally {
    await database.close()
    await proxy.close()
  }
  const lots = await query(api.app.database.pool, { text: 'select 1 from lot' })
  assert.equal(lots.length, 2)
})

test('batches that can not be are refused', async (t) => {
  const api = await open(t)
  const cases: [object, number, string][] = [
    [{ count: 0 }, 400, 'bad_request'],
    [{ count: 10_001 }, 400, 'bad_request'],
    [{ count: 1.5 }, 400, 'bad_request'],
    [{ amount: '0' }, 422, 'bad_amount'],
    [{ amount: '1.234' }, 400, 'bad_request'],
    [{ amount: '100000000.01' }, 422, 'amount_too_large'],
    [{ expires_at: undefined }, 400, 'bad_request'],
    [{ valid_days: 30 }, 400, 'bad_request'],
    [{ expires_at: undefined, valid_days: 0 }, 400, 'bad_request'],
    [{ expires_at: '2026-01-01T00:00:00Z' }, 422, 'grant_expired'],
    [{ redeem_by: '2026-01-01T00:00:00Z' }, 400, 'bad_request'],
    [{ redeem_by: 'tomorrow, or the day after' }, 422, 'bad_time'],
    [{ currency: 'yuan' }, 400, 'bad_request'],
  ]
  for (const [change, status, code] of cases) {
    const answer = await api.call('POST', '/v1/card-batches', { key: api.keys.staff, body: { ...TERMS, ...change } })
    assert.deepEqual(codeOf(answer), [status, code], JSON.stringify([change, answer.body]))
  }
  for (const path of ['', '/codes']) {
    const nothing = await api.call('GET', `/v1/card-batches/batch_none${path}`, { key: api.keys.staff })
    assert.deepEqual(codeOf(nothing), [404, 'not_found'])
  }
  assert.deepEqual(codeOf(await api.call('POST', '/v1/card-batches/batch_none/revoke', { key: api.keys.staff })), [
    404,
    'not_found',
  ])
  assert.equal((await query(api.app.database.pool, { text: 'select 1 from card_batch' })).length, 0)
})

test('ten thousand codes at once, in pages', async (t) => {
  const api = await open(t)
  const { codes, batchId } = await issue(api, { count: 10_000 })
  assert.equal(new Set(codes).size, 10_000)
  const first = await api.call('GET', `/v1/card-batches/${batchId}/codes`, {
    key: api.keys.staff,
    query: { limit: 1000 },
  })
  assert.deepEqual([first.body.data.length, first.body.has_more], [1000, true])
  const query2 = { limit: 1000, cursor: first.body.next_cursor }
  const second = await api.call('GET', `/v1/card-batches/${batchId}/codes`, { key: api.keys.staff, query: query2 })
  assert.equal(second.body.data.length, 1000)
  api.clock.advance(1)
  await issue(api)
  const newest = await api.call('GET', '/v1/card-batches', { key: api.keys.staff, query: { limit: 1 } })
  const rest = await api.call('GET', '/v1/card-batches', {
    key: api.keys.staff,
    query: { cursor: newest.body.next_cursor },
  })
  assert.deepEqual([newest.body.data.length, rest.body.data[0].batch_id, rest.body.has_more], [1, batchId, false])
})
