import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs'
import { request, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { test, type TestContext } from 'node:test'
import { openTestApi, type TestApi } from '../../../../test/api.ts'
import { openPayer } from '../../../../test/lab.ts'
import { newId, SYSTEM, transact } from '../../../base/index.ts'
import { addMember, createKey, createUser } from '../../../identity/index.ts'
import { finishExport, findExport, takeExport } from '../../../settlement/index.ts'
import { fileOf } from '../../exporter.ts'

async function open(t: TestContext) {
  const api = await openTestApi()
  t.after(() => api.close())
  const ask = (body: object, key = api.keys.customer, idempotencyKey?: string) =>
    api.call('POST', '/v1/exports', { key, body, ...(idempotencyKey !== undefined && { idempotencyKey }) })
  const keyOf = (userId: string) =>
    transact(api.app, SYSTEM, async (tx) => (await createKey(tx, { name: 'k', scope: 'customer', userId })).secret)
  return { api, ask, keyOf }
}

/** Puts a file of so many bytes in the place of an export's. */
async function finish({ app, shelf }: TestApi, exportId: string, size: number): Promise<string> {
  const change = <T>(work: Parameters<typeof transact<T>>[2]) => transact(app, SYSTEM, work)
  const taken = await change(async (tx) => takeExport(tx, (await findExport(tx, exportId))!))
  const path = fileOf(shelf, taken!)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, Buffer.alloc(size, 'x'))
  await change((tx) => finishExport(tx, taken!, { rows: 1n, bytes: BigInt(size) }))
  return path
}

test('an export is asked for once, and says what it is of', async (t) => {
  const { api, ask } = await open(t)
  const body = { format: 'xlsx', from: '2026-01-01', to: '2026-02-01', kind: ['job'], sku: ['queue:gpu'] }
  const first = await ask(body, api.keys.customer, 'mine')
  assert.equal(first.status, 202)
  const { export_id, ...rest } = first.body
  assert.deepEqual(rest, {
    format: 'xlsx',
    state: 'queued',
    rows: 0,
    bytes: null,
    file_name: 'bill-2026-01-01-2026-02-01.xlsx',
    created_at: '2026-01-01T00:00:00Z',
    finished_at: null,
    kept_until: null,
    url: null,
    expires_at: null,
  })
  assert.deepEqual((await ask(body, api.keys.customer, 'mine')).body, first.body)
  const found = await transact(api.app, SYSTEM, (tx) => findExport(tx, export_id))
  const { accountId, userId } = api.lab
  const days = { from: Temporal.PlainDate.from('2026-01-01'), to: Temporal.PlainDate.from('2026-02-01') }
  assert.deepEqual(found!.filter, { of: { accountId }, kinds: ['job'], skus: ['queue:gpu'], ...days })
  assert.deepEqual([found!.accountId, found!.userId], [accountId, userId])
  assert.equal((await ask({ format: 'csv' })).body.file_name, 'bill.csv')
  assert.equal((await ask({ format: 'jsonl', to: '2026-02-01' })).body.file_name, 'bill-until-2026-02-01.jsonl')
})

test('what can not be exported is refused', async (t) => {
  const { api, ask } = await open(t)
  const refused = async (body: object, key = api.keys.customer) => {
    const answer = await ask(body, key)
    return [answer.status, answer.body.code]
  }
  const { accountId } = await openPayer(api.app, 'Other')
  assert.deepEqual(await refused({ format: 'pdf' }), [400, 'bad_request'])
  assert.deepEqual(await refused({ format: 'csv', from: '2026-02-30' }), [400, 'bad_request'])
  assert.deepEqual(await refused({ format: 'csv', account_id: accountId }), [404, 'not_found'])
  assert.deepEqual(await refused({ format: 'csv' }, api.keys.staff), [400, 'bad_request'])
  assert.deepEqual(await refused({ format: 'csv', account_id: 'acct_none' }, api.keys.staff), [404, 'not_found'])
  const viewed = { format: 'csv', account_id: accountId, view: 'joined' }
  assert.deepEqual(await refused(viewed, api.keys.staff), [400, 'bad_request'])
  assert.deepEqual(await refused({ format: 'csv' }, api.keys.platform), [403, 'forbidden'])
})

test('each sees their own: a user by any key, staff those of staff', async (t) => {
  const { api, ask, keyOf } = await open(t)
  const { accountId, userId } = api.lab
  const colleague = await transact(api.app, SYSTEM, (tx) =>
    createUser(tx, { userId: newId('user', tx.now), accountId, name: 'Colleague' }),
  )
  const mine = (await ask({ format: 'csv' })).body.export_id
  const theirs = (await ask({ format: 'csv', view: 'joined' }, await keyOf(colleague.userId))).body.export_id
  const staffs = (await ask({ format: 'csv', account_id: accountId }, api.keys.staff)).body.export_id
  const seenBy = async (key: string) => {
    const listed: string[] = (await api.call('GET', '/v1/exports', { key })).body.data.map(
      (each: any) => each.export_id,
    )
    for (const id of [mine, theirs, staffs]) {
      const { status } = await api.call('GET', `/v1/exports/${id}`, { key })
      assert.equal(status, listed.includes(id) ? 200 : 404)
    }
    return listed
  }
  assert.deepEqual(await seenBy(api.keys.customer), [mine])
  assert.deepEqual(await seenBy(await keyOf(userId)), [mine], 'by another key')
  assert.deepEqual(await seenBy(await keyOf(colleague.userId)), [theirs])
  assert.deepEqual(await seenBy(api.keys.staff), [staffs])
})

test('a member of a project exports the own use there, to the account of the member', async (t) => {
  const { api, ask, keyOf } = await open(t)
  const other = await openPayer(api.app, 'Other')
  await transact(api.app, SYSTEM, (tx) =>
    addMember(tx, { projectId: other.projectId, userId: api.lab.userId, role: 'member' }),
  )
  const { export_id } = (await ask({ format: 'csv', view: 'joined' })).body
  const found = await transact(api.app, SYSTEM, (tx) => findExport(tx, export_id))
  assert.deepEqual(found!.filter.of, { userId: api.lab.userId, tab: 'joined' })
  assert.equal(found!.accountId, api.lab.accountId)
  const path = `/v1/exports/${export_id}`
  assert.equal(
    (await api.call('GET', path, { key: await keyOf(other.userId) })).status,
    404,
    'nor does its payer see it',
  )
})

test('pages of exports go on where the one before ended', async (t) => {
  const { api, ask } = await open(t)
  const asked: string[] = []
  for (let n = 0; n < 5; n++) asked.unshift((await ask({ format: 'csv' })).body.export_id)
  const seen: string[] = []
  let cursor: string | undefined
  do {
    const query = { limit: 2, ...(cursor !== undefined && { cursor }) }
    const { body } = await api.call('GET', '/v1/exports', { key: api.keys.customer, query })
    seen.push(...body.data.map((each: any) => each.export_id))
    assert.equal(body.has_more, seen.length < asked.length)
    cursor = body.next_cursor ?? undefined
  } while (cursor !== undefined)
  assert.deepEqual(seen, asked.sort().reverse())
})

test('only so many wait at once', async (t) => {
  const { api, ask } = await open(t)
  for (let n = 0; n < 20; n++) assert.equal((await ask({ format: 'csv' })).status, 202)
  const more = await ask({ format: 'csv' })
  assert.deepEqual([more.status, more.body.code, more.headers['retry-after']], [429, 'too_many_exports', '30'])
  const staff = await ask({ format: 'csv', account_id: api.lab.accountId }, api.keys.staff)
  assert.equal(staff.status, 202, "another's do not count")
})

test('a file goes out whole, with its name and kind, and not to be kept', async (t) => {
  const { api, ask } = await open(t)
  const kinds = { csv: /^text\/csv/, jsonl: /^application\/jsonl/, xlsx: /spreadsheetml\.sheet$/ }
  for (const [format, kind] of Object.entries(kinds)) {
    const { export_id } = (await ask({ format, from: '2026-01-01' })).body
    await finish(api, export_id, 300_000)
    const { body } = await api.call('GET', `/v1/exports/${export_id}`, { key: api.keys.customer })
    assert.equal(body.kept_until, '2026-01-02T00:00:00Z')
    assert.equal(body.expires_at, '2026-01-01T00:15:00Z')
    const { statusCode, headers, rawPayload } = await api.http.inject({ url: body.url })
    assert.equal(statusCode, 200)
    assert.equal(rawPayload.length, 300_000)
    assert.match(headers['content-type']!, kind)
    assert.equal(headers['content-disposition'], `attachment; filename="bill-2026-01-01.${format}"`)
    assert.deepEqual([headers['content-length'], headers['cache-control']], ['300000', 'private, no-store'])
    const head = await api.http.inject({ method: 'HEAD', url: body.url })
    assert.equal(head.statusCode, 404)
  }
})

test('a link is nothing without its file, its signature or its export', async (t) => {
  const { api, ask } = await open(t)
  const { export_id } = (await ask({ format: 'csv' })).body
  const link = api.shelf.sign(export_id, api.clock.now().add({ minutes: 5 }))
  const statusOf = async (url: string) => {
    const answer = await api.http.inject({ url })
    return [answer.statusCode, JSON.parse(answer.body).code]
  }
  const gone = [410, 'link_expired']
  assert.deepEqual(await statusOf(link), gone, 'not done yet')
  await finish(api, export_id, 10)
  assert.equal((await api.http.inject({ url: link })).statusCode, 200)
  assert.deepEqual(await statusOf(api.shelf.sign('exp_none', api.clock.now().add({ minutes: 5 }))), gone)
  assert.deepEqual(await statusOf(`/v1/exports/${export_id}/file`), gone)
  assert.deepEqual(await statusOf(`${link}&signature=twice`), gone)
  assert.deepEqual(
    await statusOf(`/v1/exports/${encodeURIComponent('../../etc/passwd')}/file?expires=1&signature=x`),
    gone,
  )
})

const LARGE = 64 * 1024 * 1024

/** Where this process stands in a file that it reads; undefined when it has closed it. */
function positionIn(path: string): number | undefined {
  for (const fd of readdirSync('/proc/self/fd')) {
    try {
      if (readlinkSync(`/proc/self/fd/${fd}`) !== path) continue
      return Number(/pos:\s+(\d+)/.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))![1])
    } catch {
      // Closed while it was looked at.
    }
  }
  return undefined
}

test('a client that reads slowly is waited for, and one that hangs up ends the reading', async (t) => {
  if (process.platform !== 'linux') return t.skip('where a file is read is told by /proc')
  const { api, ask } = await open(t)
  const { export_id } = (await ask({ format: 'csv' })).body
  const path = await finish(api, export_id, LARGE)
  await api.http.listen({ host: '127.0.0.1', port: 0 })
  const { port } = api.http.server.address() as AddressInfo
  const link = api.shelf.sign(export_id, api.clock.now().add({ minutes: 5 }))
  const get = request({ host: '127.0.0.1', port, path: link }).end()
  const [response] = (await once(get, 'response')) as [IncomingMessage]
  assert.equal(response.statusCode, 200)
  response.pause()
  await sleep(500)
  const at = positionIn(path)
  assert.ok(at !== undefined && at < LARGE / 4, `${at} of ${LARGE} bytes are read for nobody`)
  await sleep(200)
  assert.equal(positionIn(path), at, 'and no more until the client reads')
  get.destroy()
  for (let n = 0; n < 100 && positionIn(path) !== undefined; n++) await sleep(20)
  assert.equal(positionIn(path), undefined)
})
