// A server that is down, slow, none, or of another version: one clear line, and the exit status.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, beforeEach, test, type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { cut, example, html, json, openPeer, problem, silent, type Deed } from '../sdk/peer.fixture.ts'
import { VERSION as PACKAGE } from '../src/app/config.ts'
import { run, use } from './run.fixture.ts'
import { VERSION } from './settings.ts'

const folder = mkdtempSync(join(tmpdir(), 'corehour-faults-'))
const KEY = 'corehour_customer_0'
const ACCOUNT = example('accounts.get')
const BALANCE = ACCOUNT.balance as Record<string, unknown>

beforeEach(() => {
  process.env.XDG_CONFIG_HOME = folder
})
after(() => rmSync(folder, { recursive: true }))

/** A server that answers each path with its deed, and everything else as a server that has no such route. */
async function serve(t: TestContext, deeds: Record<string, Deed>) {
  const peer = await openPeer((response, request) => {
    const path = request.url.split('?')[0]!.replace('/v1', '')
    const deed = deeds[path] ?? problem(404, 'unknown_route', {}, { detail: `There is no route ${path} here.` })
    deed(response, request)
  })
  t.after(() => peer.close())
  use(peer.url, KEY)
  return peer
}

function me(change: object = {}): Deed {
  return json({ ...example('me.get'), account_id: 'acct_1', scope: 'customer', version: VERSION, ...change })
}

const COMMANDS = [['balance'], ['prices', '--json'], ['keys', 'revoke', 'key_1', '--yes'], ['details', 'x.csv']]

test('down: it says so, and where it looked', async () => {
  const listener = createServer().listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const { port } = listener.address() as AddressInfo
  await new Promise((resolve) => listener.close(resolve))
  use(`http://127.0.0.1:${port}`, KEY)
  for (const args of COMMANDS) {
    const { status, out, note } = await run(args)
    assert.deepEqual([status, out], [4, ''])
    assert.match(note, new RegExp(`^corehour: http://127.0.0.1:${port} can't be reached: .*ECONNREFUSED.*\n$`))
  }
})

test('slow: it accepts and never answers, and is not waited for longer than --timeout', async (t) => {
  const { url } = await serve(t, { '/me': silent, '/prices': silent })
  for (const args of COMMANDS) {
    const { status, out, note } = await run([...args, '--timeout', '0.1'])
    assert.deepEqual([status, out, note], [4, '', `corehour: ${url} did not answer within 0.1 s\n`])
  }
  for (const odd of ['0', '-1', '1e3', 'soon']) assert.equal((await run(['balance', `--timeout=${odd}`])).status, 2)
})

test('Ctrl-C ends the wait for it', async (t) => {
  await serve(t, { '/me': silent })
  const stop = new AbortController()
  const said = run(['balance'], { signal: stop.signal })
  await sleep(50)
  stop.abort()
  assert.deepEqual(await said, { status: 1, out: '', note: 'corehour: stopped\n' })
})

test('it goes silent when something was to be done: the key with which it is done once is said', async (t) => {
  for (const deed of [silent, cut, problem(500, 'internal')]) {
    const { seen } = await serve(t, { '/me': me(), '/projects': deed })
    const { note } = await run(['projects', 'create', 'Folding', '--timeout', '1'])
    const sent = new Set(
      seen.filter(({ method }) => method === 'POST').map(({ headers }) => headers['idempotency-key']),
    )
    assert.equal(sent.size, 1)
    const [, said] = /\nWhether it was done is not known\. The same command with --idempotency-key (\S+) does it/.exec(
      note,
    )!
    assert.ok(sent.has(said), note)
    await run(['projects', 'create', 'Folding', '--timeout', '1', '--idempotency-key', said!])
    assert.equal(seen.at(-1)!.headers['idempotency-key'], said)
  }
})

test('something else answers there', async (t) => {
  await serve(t, { '/me': html(200) })
  const page = await run(['balance'])
  assert.equal(page.status, 4)
  assert.match(page.note, /^corehour: \S+ answered 200 with text\/html: that is no answer of a Corehour\n$/)
  await serve(t, { '/me': html(302, { location: 'https://login.example.org/' }) })
  assert.match((await run(['balance'])).note, /a redirect to https:\/\/login\.example\.org\/: .*\n$/)
})

test('it is busy: nothing was done, so there is nothing to be unsure of', async (t) => {
  const { seen } = await serve(t, { '/me': me(), '/projects': problem(503, 'busy', { 'retry-after': '0' }) })
  const { status, note } = await run(['projects', 'create', 'Folding'])
  assert.deepEqual([status, note], [4, 'corehour: It is busy. (busy, req_1)\n'])
  assert.equal(seen.length, 4, 'whose key it is, and three tries')
})

const OTHERS = ['0.2.0', '1.0.0', '0.0.9', 'next']
const LINE = (version: string) =>
  `corehour: the server is of version ${version} and this command of ${VERSION}: what only one of them knows is refused or not shown\n`

test('of another version: it is said in one line, and what it has no route for is refused', async (t) => {
  assert.equal(VERSION, PACKAGE)
  for (const version of OTHERS) {
    await serve(t, { '/me': me({ version }) })
    const { status, out, note } = await run(['balance'])
    assert.deepEqual([status, out], [3, ''])
    assert.equal(note, `${LINE(version)}corehour: There is no route /accounts/acct_1 here. (unknown_route)\n`)
  }
  const same = VERSION.replace(/\d+$/, '99')
  await serve(t, { '/me': me({ version: same }), '/accounts/acct_1': json(ACCOUNT) })
  assert.deepEqual([(await run(['balance'])).note], [''], 'a patch changes nothing')
})

test('a newer one: what it knows beside is left out of the text and stays in the JSON; its words are shown as they are', async (t) => {
  const account = { ...ACCOUNT, tier: 'gold', balance: { ...BALANCE, credit_line: '5' } }
  const [lot] = example('accounts.lots').data as object[]
  const lots = { ...example('accounts.lots'), data: [{ ...lot, kind: 'voucher', colour: 'red' }] }
  const [span] = example('spans.list').data as object[]
  const spans = { ...example('spans.list'), data: [{ ...span, kind: 'dream', quantity: { qubit: '3' } }] }
  await serve(t, {
    '/me': me({ version: '0.2.0', mood: 'good' }),
    '/accounts/acct_1': json(account),
    '/accounts/acct_1/lots': json(lots),
    '/spans': json(spans),
  })
  const balance = await run(['balance'])
  assert.deepEqual([balance.status, balance.note], [0, LINE('0.2.0')])
  assert.match(balance.out, /Available +\d/)
  assert.deepEqual(JSON.parse((await run(['balance', '--json'])).out), account)
  assert.match((await run(['account', 'acct_1'])).out, / voucher /)
  assert.match((await run(['jobs'])).out, / 3 qubit /)
})

test('an older one: what is missing in its answer is said, and nothing is shown as if it were nought', async (t) => {
  const { held: _, ...older } = BALANCE
  await serve(t, { '/me': me({ version: '0.0.9' }), '/accounts/acct_1': json({ ...ACCOUNT, balance: older }) })
  const { status, out, note } = await run(['balance'])
  assert.deepEqual([status, out], [1, ''])
  assert.equal(
    note,
    `${LINE('0.0.9')}corehour: GET /v1/accounts/{account_id} was answered without balance.held: the server is of another version than this client\n`,
  )
  await serve(t, { '/me': json({ name: 'me' }) })
  const none = await run(['balance'])
  assert.deepEqual([none.status, none.note.split('\n').length], [1, 2])
  assert.match(none.note, /GET \/v1\/me was answered without key_id/)
})
