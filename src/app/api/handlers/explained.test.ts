import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openTestApi } from '../../../../test/api.ts'
import { CPUS, GPU, pass, pay, send, YUAN } from '../../../../test/lab.ts'
import { openPerson, openProject, take } from '../../../../test/people.ts'

const RATE = 200_000n
const sumOf = (rows: any[]) => rows.reduce((sum, { amount }) => sum + BigInt(amount.grains), 0n)

test('from a bill line to its spans, lots and price list; from a deduction to the same', async (t) => {
  const api = await openTestApi()
  t.after(() => api.close())
  const { app, clock } = api
  const { accountId, userId, projectId } = api.lab
  const key = api.keys.customer
  const get = (path: string, query: object = {}, as = key) => api.call('GET', path, { key: as, query: { ...query } })
  await pay(app, accountId, YUAN / 10n, { expiresAt: '2026-03-01T00:00:00Z' })
  await pay(app, accountId, YUAN)
  clock.set('2026-01-01T00:10:00Z')
  const opening = { project: projectId, user: userId, kind: 'job', ...CPUS }
  await send(app, 'job-1', 'started', '2026-01-01T00:01:00Z', opening)
  await send(app, 'job-2', 'started', '2026-01-01T00:09:59.900Z', opening)
  await pass(app, clock, '2026-01-01T01:00:00Z')
  await send(app, 'job-2', 'stopped', '2026-01-01T00:40:00Z')
  await pass(app, clock, '2026-01-01T02:00:00Z')

  const [line] = (await get('/v1/bill-lines')).body.data
  const { body: whole } = await get(`/v1/bill-lines/${line.line_id}`)
  const { paid_by: paid, ...rest } = whole
  assert.deepEqual(rest, line)
  assert.deepEqual(
    paid.map((each: any) => [each.kind, each.channel, BigInt(each.amount.grains)]),
    [
      ['grant', 'test', YUAN / 10n],
      ['cash', 'test', BigInt(line.amount.grains) - YUAN / 10n],
    ],
  )
  const first = await get(`/v1/bill-lines/${line.line_id}/details`, { limit: 1 })
  const second = await get(`/v1/bill-lines/${line.line_id}/details`, { limit: 1, cursor: first.body.next_cursor })
  const rows = [...first.body.data, ...second.body.data]
  assert.equal(second.body.has_more, false)
  assert.deepEqual(
    rows.map((row: any) => [row.subject, row.billed_from, row.billed_to, row.seconds, BigInt(row.amount.grains)]),
    [
      ['job-1', '2026-01-01T00:01:00Z', '2026-01-01T02:00:00Z', 7140, 7140n * RATE],
      ['job-2', '2026-01-01T00:09:59Z', '2026-01-01T00:40:00Z', 1801, 1801n * RATE],
    ],
  )
  assert.equal(sumOf(rows), BigInt(line.amount.grains))
  const { body: list } = await get(`/v1/price-lists/${rows[0].price_list_id}`)
  assert.equal(list.document.queues['*'].cpu_hour, rows[0].unit_prices.cpu_hour)
  const [span] = (await get('/v1/spans')).body.data
  assert.equal(span.price_list_id, list.price_list_id)
  assert.equal((await get('/v1/price-lists/list_none')).status, 404)

  const postings = (await get(`/v1/accounts/${accountId}/postings`, { limit: 100 })).body.data
  const explain = (seq: number) => get(`/v1/accounts/${accountId}/postings/${seq}/explanation`)
  // At 00:10 nothing was known of the use before: it came late, and was deducted with the next.
  const use = postings.findLast(({ source }: any) => source === 'use')
  const { body: ofUse } = await explain(use.seq)
  assert.deepEqual([ofUse.posting, ofUse.explained], [use, use.amount])
  assert.equal(sumOf(ofUse.data), BigInt(use.amount.grains))
  const [back, late] = postings.filter(({ source }: any) => source === 'late')
  assert.deepEqual(
    (await explain(late.seq)).body.data.map((each: any) => [each.subject, each.from, each.to, each.amount.grains]),
    [
      ['job-1', '2026-01-01T00:01:00Z', '2026-01-01T00:10:00Z', String(540n * RATE)],
      ['job-2', '2026-01-01T00:09:59Z', '2026-01-01T00:10:00Z', String(RATE)],
    ],
  )
  const { body: ofBack } = await explain(back.seq)
  assert.equal(ofBack.explained.grains, String(-1200n * RATE))
  const [taken] = ofBack.data
  assert.deepEqual(
    [taken.subject, taken.from, taken.to, taken.span_id],
    ['job-2', '2026-01-01T00:40:00Z', '2026-01-01T01:00:00Z', null],
  )
  const credit = postings.findLast(({ source }: any) => source === 'credit')
  const { body: ofCredit } = await explain(credit.seq)
  assert.deepEqual([ofCredit.explained, ofCredit.data], [null, []])
  assert.equal((await explain(postings.length + 1)).status, 404)
  assert.equal((await get(`/v1/bill-lines/${line.line_id}/details`, { cursor: 'nonsense' })).body.code, 'bad_request')
})

test('from the spans of a line to the deductions that charged them, which sum to what is billed', async (t) => {
  const api = await openTestApi()
  t.after(() => api.close())
  const { app, clock } = api
  const { accountId, userId, projectId } = api.lab
  const path = `/v1/accounts/${accountId}/postings`
  const get = (at: string, query: object = {}, key = api.keys.customer) =>
    api.call('GET', at, { key, query: { ...query } })
  const at = (time: string) => `2026-01-01T${time}Z`
  const deductions = async (from: string, to: string, query: object = {}) =>
    (await get(path, { used_from: at(from), used_to: at(to), ...query })).body
  const passEach = async (from: string, to: string) => {
    for (let next = Temporal.Instant.from(at(from)); next.toString() !== at(to);)
      await pass(app, clock, (next = next.add({ minutes: 5 })).toString())
  }
  await pay(app, accountId, YUAN)
  const opening = { project: projectId, user: userId, kind: 'job', ...CPUS }
  await send(app, 'job-1', 'started', at('00:00:00'), opening)
  await passEach('00:00:00', '01:00:00')
  clock.set(at('01:01:00'))
  await send(app, 'job-2', 'started', at('00:20:00'), opening)
  await send(app, 'job-2', 'stopped', at('00:30:00'))
  await passEach('01:00:00', '01:30:00')
  await send(app, 'job-1', 'stopped', at('01:30:00'))
  await pass(app, clock, at('03:00:00'))

  const whole = (await get(path, { limit: 100 })).body.data
  assert.ok(whole.some(({ source }: any) => source === 'draw'))
  const stretches = async (from: string, to: string) =>
    (await deductions(from, to)).data.map((each: any) => [each.source, each.used_from, each.used_to])
  const use = (from: string, to: string) => ['use', at(from), at(to)]
  // Up to an instant is without it: neither what ends where this begins, nor what begins where it ends.
  assert.deepEqual(await stretches('00:10:00', '00:20:00'), [use('00:15:00', '00:20:00'), use('00:10:00', '00:15:00')])
  assert.deepEqual(await stretches('00:14:59.999999', '00:15:00'), [use('00:10:00', '00:15:00')])
  assert.deepEqual(await stretches('00:15:00', '00:15:00.000001'), [use('00:15:00', '00:20:00')])
  // What came late is of all that it may reach back to, and stands where it was deducted.
  const late = ['late', at('00:20:00'), at('01:00:00')]
  assert.deepEqual(await stretches('00:20:00', '00:25:00'), [late, use('00:20:00', '00:25:00')])
  assert.deepEqual(await stretches('01:00:00', '01:05:00'), [use('01:00:00', '01:05:00')])
  assert.deepEqual(await stretches('01:30:00', '03:00:00'), [])

  const all = (await deductions('00:00:00', '01:30:00')).data
  assert.deepEqual(
    all,
    whole.filter(({ source }: any) => source === 'use' || source === 'late'),
  )
  const paged = []
  for (let cursor: string | undefined, more = true; more;) {
    const page: any = await deductions('00:00:00', '01:30:00', { limit: 4, ...(cursor !== undefined && { cursor }) })
    paged.push(...page.data)
    cursor = page.next_cursor
    more = page.has_more
  }
  assert.deepEqual(paged, all)

  const [line] = (await get('/v1/bill-lines')).body.data
  const spans = (await get(`/v1/bill-lines/${line.line_id}/details`)).body.data
  assert.deepEqual(
    spans.map((span: any) => [span.subject, span.seconds]),
    [
      ['job-1', 5400],
      ['job-2', 600],
    ],
  )
  for (const span of spans) {
    const found = await get(path, { used_from: span.billed_from, used_to: span.billed_to, limit: 100 })
    const explained = await Promise.all(found.body.data.map(({ seq }: any) => get(`${path}/${seq}/explanation`)))
    const parts = explained.flatMap(({ body }: any) => body.data).filter(({ subject }) => subject === span.subject)
    assert.equal(sumOf(parts), BigInt(span.amount.grains), span.subject)
  }
})

test('the deductions of a stretch are for who may see the journal, and a stretch has two ends', async (t) => {
  const api = await openTestApi()
  t.after(() => api.close())
  const path = `/v1/accounts/${api.lab.accountId}/postings`
  const hour = { used_from: '2026-01-01T00:00:00Z', used_to: '2026-01-01T01:00:00Z' }
  const ask = (query: object, key = api.keys.customer) => api.call('GET', path, { key, query: { ...query } })
  assert.equal((await ask(hour, (await openPerson(api, 'Stranger')).key)).status, 404)
  assert.equal((await ask(hour, api.keys.staff)).status, 200)
  for (const [query, status, code, param] of [
    [{ used_from: hour.used_from }, 400, 'bad_request', 'used_to'],
    [{ used_to: hour.used_to }, 400, 'bad_request', 'used_from'],
    [{ ...hour, used_to: hour.used_from }, 400, 'bad_request', 'used_to'],
    [{ used_from: hour.used_to, used_to: hour.used_from }, 400, 'bad_request', 'used_to'],
    [{ ...hour, used_from: 'yesterday' }, 400, 'bad_request', 'used_from'],
    [{ ...hour, used_from: '0000-01-01T00:00:00Z' }, 422, 'bad_time', undefined],
    [{ ...hour, cursor: 'nonsense' }, 400, 'bad_request', undefined],
  ] as const) {
    const { body, ...answer } = await ask(query)
    assert.deepEqual([answer.status, body.code, body.param], [status, code, param], JSON.stringify(query))
  }
})

test('a line is seen as the bill shows it: an admin sees all, a member the own use, and neither the lots', async (t) => {
  const api = await openTestApi()
  t.after(() => api.close())
  const [ada, boss, carol] = [
    await openPerson(api, 'Ada'),
    await openPerson(api, 'Boss'),
    await openPerson(api, 'Carol'),
  ]
  const project = await openProject(api, ada, 'Folding')
  await take(api, ada, project, boss, 'admin')
  await take(api, ada, project, carol)
  await pay(api.app, ada.accountId, 5n * YUAN)
  for (const { userId } of [ada, carol])
    await send(api.app, `job-${userId}`, 'started', '2026-01-01T00:00:00Z', {
      project,
      user: userId,
      kind: 'job',
      ...GPU,
    })
  await pass(api.app, api.clock, '2026-01-01T01:00:00Z')
  const { body } = await api.call('GET', '/v1/bill-lines', { key: ada.key })
  const lineOf = (userId: string) => body.data.find((line: any) => line.user_id === userId).line_id
  const { staff } = api.keys
  const stranger = await openPerson(api, 'Stranger')
  const expected = [
    [ada.key, 200, 200],
    [boss.key, 200, 200],
    [carol.key, 404, 200],
    [stranger.key, 404, 404],
  ] as const
  for (const [key, ofAda, ofCarol] of expected)
    for (const [userId, status] of [
      [ada.userId, ofAda],
      [carol.userId, ofCarol],
    ] as const)
      for (const path of ['', '/details']) {
        const answer = await api.call('GET', `/v1/bill-lines/${lineOf(userId)}${path}`, { key })
        assert.equal(answer.status, status)
        if (status === 200 && path !== '') assert.equal(sumOf(answer.body.data), 2n * YUAN)
        else if (status === 200) assert.equal(answer.body.paid_by === null, key !== ada.key)
      }
  const asStaff = { key: staff, query: { account_id: ada.accountId } }
  assert.equal((await api.call('GET', `/v1/bill-lines/${lineOf(ada.userId)}`, asStaff)).status, 200)
  assert.equal((await api.call('GET', `/v1/bill-lines/${lineOf(ada.userId)}`, { key: staff })).status, 400)
})
