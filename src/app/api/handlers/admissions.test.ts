import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { openTestApi, type Answer, type TestApi } from '../../../../test/api.ts'
import { waitForLock } from '../../../../test/locks.ts'
import { CPUS, GPU, openPayer, pay, send, YUAN } from '../../../../test/lab.ts'
import { bucketOf, query, SYSTEM, transact } from '../../../base/index.ts'
import { addMember, blockAccount, createKey, removeMember } from '../../../identity/index.ts'
import { publishPriceList, quote } from '../../../pricing/index.ts'
import { readWallets } from '../../../wallet/index.ts'
import { tick } from '../../clock.ts'

const byText = (a: unknown, b: unknown) => (String(a) < String(b) ? -1 : 1)

const CENT = YUAN / 100n
/** Holds exactly one cent. */
const CENTS_WORTH = { ...GPU, max_seconds: 18, hold: 'max' }

async function open(t: TestContext, balance = YUAN) {
  const api = await openTestApi()
  t.after(() => api.close())
  if (balance > 0n) await pay(api.app, api.lab.accountId, balance)
  const asked = { project: api.lab.projectId, user: api.lab.userId, kind: 'job', ...CPUS, hold: 'none' }
  const ask = (over: object = {}, request: object = {}): Promise<Answer> =>
    api.call('POST', '/v1/admissions', { key: api.keys.platform, body: { ...asked, ...over }, ...request })
  return { api, asked, ask }
}

async function held({ app, lab }: TestApi): Promise<bigint> {
  const key = { bucket: bucketOf(lab.accountId), accountId: lab.accountId }
  return transact(app, SYSTEM, async (tx) => (await readWallets(tx, [key]))[0]!.held)
}

function holds({ app }: TestApi) {
  return query(app.database.pool, { text: 'select hold_id, end_reason from hold order by created_at, hold_id' })
}

function start(api: TestApi, id: string, admission: string, over: object = {}) {
  return {
    specversion: '1.0',
    source: 'lab',
    id,
    subject: `job-${id}`,
    type: 'corehour.usage.started',
    time: api.clock.now().toString(),
    data: { project: api.lab.projectId, user: api.lab.userId, kind: 'job', ...GPU, admission, ...over },
  }
}

test('an answer tells price, cost an hour, the estimate and the hold', async (t) => {
  const { api, ask } = await open(t)
  const price = { sku: 'queue:*', unit_prices: { cpu_hour: '0.05', gpu_hour: '2', gb_hour: '0' } }
  const { body } = await ask({ ...GPU, max_seconds: 1800, hold: 'interval' })
  assert.deepEqual({ ...body.price, price_id: undefined }, { ...price, price_id: undefined })
  assert.equal(body.admission.slice(4), (await holds(api))[0]!.hold_id.slice(5))
  assert.deepEqual(
    [body.decision, body.per_hour.amount, body.estimate.amount, body.hold],
    [
      'allowed',
      '2.00000000',
      '1.00000000',
      { amount: { currency: 'CNY', amount: '0.16666667', grains: '600000000' }, expires_at: '2026-01-02T00:00:00Z' },
    ],
  )
  const plain = await ask({}, { idempotencyKey: undefined })
  assert.deepEqual(
    [plain.body.decision, plain.body.admission, plain.body.estimate, plain.body.hold],
    ['allowed', null, null, null],
  )
})

test('what has not started is given back after the hours that the operator has set', async (t) => {
  const api = await openTestApi({ holdHours: 2 })
  t.after(() => api.close())
  await pay(api.app, api.lab.accountId, CENT)
  const body = { project: api.lab.projectId, user: api.lab.userId, kind: 'job', ...CENTS_WORTH }
  const answer = await api.call('POST', '/v1/admissions', { key: api.keys.platform, body })
  assert.equal(answer.body.hold.expires_at, '2026-01-01T02:00:00Z')
  api.clock.advance(2 * 3600 - 1)
  await tick(api.app)
  assert.equal(await held(api), CENT)
  api.clock.advance(1)
  await tick(api.app)
  assert.equal(await held(api), 0n)
})

test('every refusal gives its reason in both languages', async (t) => {
  const { api, ask } = await open(t)
  const { app, clock, lab } = api
  const other = await openPayer(app, 'Other')
  const poor = await openPayer(app, 'Poor')
  const blocked = await openPayer(app, 'Blocked')
  const inside = <T>(work: Parameters<typeof transact<T>>[2]) => transact(app, SYSTEM, work)
  await inside((tx) => blockAccount(tx, blocked.accountId, 'fraud'))
  const quoteOf = async (accountId: string, validSeconds: number) =>
    (await inside((tx) => quote(tx, { accountId, currency: 'CNY', ...GPU, validSeconds }))).quoteId
  const [short, long] = [await quoteOf(lab.accountId, 1), await quoteOf(lab.accountId, 900)]
  const gone = await openPayer(app, 'Gone')
  const gonesKey = (await inside((tx) => createKey(tx, { name: 'gone', scope: 'customer', userId: gone.userId })))
    .secret
  assert.equal((await api.call('DELETE', `/v1/projects/${gone.projectId}`, { key: gonesKey })).status, 200)
  clock.advance(60)

  const payer = ({ projectId: project, userId: user }: typeof lab) => ({ project, user })
  const expected: [object, string, RegExp, RegExp][] = [
    [{ project: 'proj_none' }, 'unknown_project', /no project proj_none/, /项目 proj_none 不存在/],
    [{ user: 'user_none' }, 'unknown_user', /no user user_none/, /用户 user_none 不存在/],
    [payer(gone), 'project_deleted', /was deleted/, /已删除/],
    [{ user: other.userId }, 'not_a_member', /is not a member of project/, /不是项目 .* 的成员/],
    [{ sku: 'machine:none', quantity: {} }, 'unknown_sku', /No price for machine:none/, /没有有效价格|有效价格/],
    [{ quote: 'quote_none' }, 'unknown_quote', /no quote quote_none/, /报价 quote_none 不存在/],
    [{ ...GPU, quote: short }, 'quote_expired', /expired at 2026-01-01T00:00:01Z/, /已于 2026-01-01T00:00:01Z 过期/],
    [{ quote: long }, 'quote_mismatch', /is for queue:gpu, not for queue:cpu/, /针对 queue:gpu，而不是 queue:cpu/],
    [{ quantity: { cpu: '4,5' } }, 'bad_quantity', /cpu=4,5 is not usable/, /数量 cpu=4,5 不可用/],
    [{ quantity: { gpu: '1000000' } }, 'rate_too_large', /would cost 2000000/, /每小时费用为 2000000/],
    [
      { quantity: { gpu: '50000' }, max_seconds: 315_360_000 },
      'amount_too_large',
      /larger than the books can hold \(100000000\)/,
      /超过账本可以容纳的上限（100000000）/,
    ],
    [payer(blocked), 'account_blocked', /is blocked: fraud\./, /已被冻结：fraud。/],
    [payer(poor), 'balance_exhausted', /0\.00 is available and > 0 is needed/, /可用余额为 0\.00，需要 > 0/],
    [
      { ...GPU, max_seconds: 3600, hold: 'max' },
      'balance_exhausted',
      /1\.00 is available and 2\.00 is needed/,
      /可用余额为 1\.00，需要 2\.00/,
    ],
  ]
  for (const [over, code, en, zh] of expected) {
    const { status, body } = await ask(over)
    assert.deepEqual([status, body.decision, body.code], [200, 'refused', code])
    assert.match(body.message, en)
    assert.match(body.message_zh, zh)
    assert.ok(!/\?/.test(body.message + body.message_zh), 'every detail is filled in')
  }
  assert.deepEqual(await holds(api), [])
})

test('a plan that is sold by the month is not run by the hour', async (t) => {
  const { api, ask } = await open(t)
  const effective_at = api.clock.now().add({ seconds: 60 }).toString()
  const storage = { personal_gb_month: '0.2' }
  await transact(api.app, SYSTEM, (tx) => publishPriceList(tx, { currency: 'CNY', effective_at, storage }))
  api.clock.advance(60)
  const { body } = await ask({ sku: 'storage:personal', quantity: { gb: '1' } })
  assert.deepEqual([body.code, body.per_hour], ['not_metered', null])
  assert.match(body.message_zh, /按月出售/)
})

test('many questions at once have the answers that each would have alone, in their order, and nothing is reserved', async (t) => {
  const { api, asked, ask } = await open(t)
  const poor = await openPayer(api.app, 'Poor')
  const { hold: _, ...plain } = asked
  const asks = [
    plain,
    { ...plain, project: 'proj_none' },
    { ...plain, ...GPU, max_seconds: 1800 },
    { ...plain, project: poor.projectId, user: poor.userId },
    { ...plain, quantity: { cpu: '4,5' } },
    { ...plain, quote: 'quote_none' },
    // Of one balance each could have all.
    ...Array.from({ length: 3 }, () => ({ ...plain, ...GPU, max_seconds: 1800 })),
  ]
  const check = (body: object, key = api.keys.platform) => api.call('POST', '/v1/admissions/check', { key, body })
  const { status, body } = await check({ asks })
  assert.equal(status, 200)
  const alone = []
  for (const each of asks) alone.push((await ask(each)).body)
  assert.deepEqual(body.results, alone)
  const codes = [undefined, 'unknown_project', undefined, 'balance_exhausted', 'bad_quantity', 'unknown_quote']
  assert.deepEqual(
    body.results.map((each: { code?: string }) => each.code),
    [...codes, undefined, undefined, undefined],
  )
  assert.deepEqual([await holds(api), await held(api)], [[], 0n])

  assert.equal((await check({ asks: Array.from({ length: 250 }, () => plain) })).body.results.length, 250)
  const wrong: [object, string][] = [
    [{ asks: [] }, 'asks'],
    [{ asks: Array.from({ length: 251 }, () => plain) }, 'asks'],
    [{ asks: [plain, { ...plain, sku: undefined }] }, 'asks.1.sku'],
    [{ asks: [plain, { ...plain, hold: 'max' }] }, 'asks.1.hold'],
  ]
  for (const [what, param] of wrong) {
    const answer = await check(what)
    assert.deepEqual([answer.status, answer.body.code, answer.body.param], [400, 'bad_request', param])
  }
  assert.equal((await check({ asks: [plain] }, api.keys.customer)).status, 403)
})

test('what is refused or allowed follows the balance at once', async (t) => {
  const { api, ask } = await open(t, 0n)
  const decisions = async () => [(await ask()).body.decision, (await ask({ hold: 'interval' })).body.decision]
  assert.deepEqual(await decisions(), ['refused', 'refused'])
  await pay(api.app, api.lab.accountId, CENT)
  assert.deepEqual(await decisions(), ['allowed', 'refused'])
  await pay(api.app, api.lab.accountId, CENT)
  assert.deepEqual(await decisions(), ['allowed', 'allowed'])
})

test('a hold needs a name of the request, and of the whole cost the longest run', async (t) => {
  const { api, asked, ask } = await open(t)
  const nameless = await api.http.inject({
    method: 'POST',
    url: '/v1/admissions',
    headers: { authorization: `Bearer ${api.keys.platform}` },
    payload: { ...asked, hold: 'interval' },
  })
  assert.deepEqual([nameless.statusCode, nameless.json().code], [400, 'idempotency_key_required'])
  const endless = await ask({ hold: 'max' })
  assert.deepEqual([endless.status, endless.body.code], [422, 'max_seconds_needed'])
})

test('fifty requests at once pass exactly ten times on one balance', async (t) => {
  const { api, ask } = await open(t, 10n * CENT)
  const answers = await Promise.all(Array.from({ length: 50 }, () => ask(CENTS_WORTH)))
  const allowed = answers.filter(({ body }) => body.decision === 'allowed')
  assert.equal(allowed.length, 10)
  assert.ok(answers.every(({ body }) => body.decision === 'allowed' || body.code === 'balance_exhausted'))
  assert.equal(new Set(allowed.map(({ body }) => body.admission)).size, 10)
  assert.equal(await held(api), 10n * CENT)
})

test('the same request many times, one after the other or at once, is one admission', async (t) => {
  const { api, ask } = await open(t, CENT)
  const named = { idempotencyKey: 'one' }
  const answers = await Promise.all(Array.from({ length: 20 }, () => ask(CENTS_WORTH, named)))
  // Neither new prices nor an empty wallet nor the end of the hold change what was answered.
  const effective_at = api.clock.now().add({ seconds: 60 }).toString()
  await transact(api.app, SYSTEM, (tx) =>
    publishPriceList(tx, { currency: 'CNY', effective_at, queues: { '*': { gpu_hour: '9' } } }),
  )
  api.clock.advance(60)
  answers.push(await ask(CENTS_WORTH, named))
  const release = `/v1/admissions/${answers[0]!.body.admission}/release`
  await api.call('POST', release, { key: api.keys.platform, body: { project: api.lab.projectId } })
  answers.push(await ask(CENTS_WORTH, named))
  for (const { status, body } of answers) assert.deepEqual([status, body], [200, answers[0]!.body])
  assert.equal(answers[0]!.body.decision, 'allowed')
  assert.equal((await holds(api)).length, 1)
})

test('a name stands for one request of one key', async (t) => {
  const { api, ask } = await open(t)
  const other = await openPayer(api.app, 'Other')
  await pay(api.app, other.accountId, YUAN)
  const named = { idempotencyKey: 'one' }
  const first = await ask(CENTS_WORTH, named)
  const theirs = { project: other.projectId, user: other.userId }
  const others = [{ hold: 'interval' }, { max_seconds: 19 }, { kind: 'node' }, { quantity: { gpu: '2' } }, theirs]
  for (const over of others) {
    const { status, body } = await ask({ ...CENTS_WORTH, ...over }, named)
    assert.deepEqual([status, body.code, body.detail.includes('one')], [409, 'key_reused', true])
  }
  const { secret } = await transact(api.app, SYSTEM, (tx) =>
    createKey(tx, { name: 'second', scope: 'platform', sources: ['lab'] }),
  )
  const second = await ask(CENTS_WORTH, { ...named, key: secret })
  assert.equal(second.body.decision, 'allowed')
  assert.notEqual(second.body.admission, first.body.admission)
  assert.equal((await holds(api)).length, 2)
})

test('a name that another server takes at the same time, for another account, holds nothing here', async (t) => {
  const { api, ask } = await open(t)
  const client = await api.app.database.pool.connect()
  try {
    await client.query('begin')
    const other = 'select bucket, key_id, $1, $2, 200, $3, now() from idempotency_key'
    await ask(CENTS_WORTH, { idempotencyKey: 'before' })
    await client.query(
      `insert into idempotency_key (bucket, key_id, idempotency_key, fingerprint, status, response, created_at) ${other}`,
      ['one', 'of another body', '{}'],
    )
    const waiting = ask(CENTS_WORTH, { idempotencyKey: 'one' })
    await waitForLock(api.app)
    await client.query('commit')
    const { status, body } = await waiting
    assert.deepEqual([status, body.code], [409, 'key_reused'])
  } finally {
    client.release()
  }
  assert.equal(await held(api), CENT)
})

test('a refusal is not kept: the same request passes when its reason has passed', async (t) => {
  const { api, ask } = await open(t, 0n)
  const named = { idempotencyKey: 'one' }
  assert.equal((await ask(CENTS_WORTH, named)).body.code, 'balance_exhausted')
  await pay(api.app, api.lab.accountId, CENT)
  assert.equal((await ask(CENTS_WORTH, named)).body.decision, 'allowed')
})

test('a name that is forgotten after a day is not taken for a new one', async (t) => {
  const { api, ask } = await open(t, 2n * CENT)
  const named = { idempotencyKey: 'one' }
  await ask(CENTS_WORTH, named)
  api.clock.advance(25 * 3600)
  await tick(api.app)
  assert.equal(await held(api), 0n)
  const [again, fresh] = await Promise.all([ask(CENTS_WORTH, named), ask(CENTS_WORTH)])
  assert.deepEqual([again.status, again.body.code], [409, 'key_reused'])
  assert.equal(fresh.body.decision, 'allowed')
  assert.equal((await holds(api)).length, 2)
})

test('an admission is given back once, by its project', async (t) => {
  const { api, ask } = await open(t, CENT)
  const other = await openPayer(api.app, 'Other')
  const { admission } = (await ask(CENTS_WORTH)).body
  const release = async (project: string, id = admission) => {
    const { status, body } = await api.call('POST', `/v1/admissions/${id}/release`, {
      key: api.keys.platform,
      body: { project },
    })
    return [status, body.released ?? body.code]
  }
  assert.deepEqual(await release('proj_none'), [404, 'not_found'])
  assert.deepEqual(await release(other.projectId), [200, false])
  assert.deepEqual(await release(api.lab.projectId, 'adm_none'), [200, false])
  assert.equal(await held(api), CENT)
  const twice = await Promise.all([release(api.lab.projectId), release(api.lab.projectId)])
  assert.deepEqual(twice.sort(byText), [
    [200, false],
    [200, true],
  ])
  assert.equal((await ask(CENTS_WORTH)).body.decision, 'allowed')
})

test('a start takes the hold over, whichever event of a batch it is, and once', async (t) => {
  const { api, ask } = await open(t)
  const sendAll = async (...events: object[]): Promise<string[]> => {
    const { body } = await api.call('POST', '/v1/usage-events', { key: api.keys.platform, body: events })
    return body.results.map(({ status }: { status: string }) => status)
  }
  const [a, b, c] = (await Promise.all([1, 2, 3].map(() => ask(CENTS_WORTH)))).map(({ body }) => body.admission)
  assert.equal(await held(api), 3n * CENT)
  const unknown = start(api, 'd', c, { sku: 'machine:none', quantity: {} })
  const exists = { ...start(api, 'b', b, { running: true }), type: 'corehour.usage.exists' }
  assert.deepEqual(await sendAll(start(api, 'a', a), exists, unknown), ['accepted', 'accepted', 'parked'])
  assert.equal(await held(api), CENT, 'an event that waits takes nothing yet')
  const ofNothing = [start(api, 'e', 'adm_none'), start(api, 'f', 'something else'), start(api, 'g', a)]
  const stop = { ...start(api, 'h', c), subject: 'job-a', type: 'corehour.usage.stopped' }
  assert.deepEqual(await sendAll(start(api, 'a', c), ...ofNothing, stop), ['duplicate', ...Array(4).fill('accepted')])
  assert.equal(await held(api), CENT, 'a duplicate, a stop, and starts of other admissions take nothing')
  assert.deepEqual((await holds(api)).map((each) => each.end_reason).sort(byText), [null, 'taken', 'taken'])
})

test('a start in another account takes nothing, and is charged all the same', async (t) => {
  const { api, ask } = await open(t)
  const other = await openPayer(api.app, 'Other')
  const { admission } = (await ask(CENTS_WORTH)).body
  const theirs = { project: other.projectId, user: other.userId, kind: 'job', ...GPU, admission }
  assert.equal((await send(api.app, 'theirs', 'started', api.clock.now().toString(), theirs)).status, 'accepted')
  assert.equal(await held(api), CENT)
})

test('who was taken out of a project is refused from then on', async (t) => {
  const { api, ask } = await open(t)
  const guest = await openPayer(api.app, 'Guest')
  const member = { projectId: api.lab.projectId, userId: guest.userId }
  await transact(api.app, SYSTEM, (tx) => addMember(tx, { ...member, role: 'member' }))
  const theirs = { user: guest.userId, hold: 'interval' }
  assert.equal((await ask(theirs)).body.decision, 'allowed')
  await transact(api.app, SYSTEM, (tx) => removeMember(tx, member))
  assert.equal((await ask(theirs)).body.code, 'not_a_member')
})
