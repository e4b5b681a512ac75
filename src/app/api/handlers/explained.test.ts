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
