import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, beforeEach, test } from 'node:test'
import { stripVTControlCharacters } from 'node:util'
import { openTestApi, type TestApi } from '../test/api.ts'
import { query } from '../src/base/index.ts'
import { send } from '../test/lab.ts'
import { run, use, type Said } from './run.fixture.ts'
import { wantsNoColour } from './settings.ts'
import { amounts, table } from './table.ts'

const folder = mkdtempSync(join(tmpdir(), 'corehour-cli-'))
let api: TestApi
let url: string

before(async () => {
  api = await openTestApi()
  url = await api.http.listen({ host: '127.0.0.1', port: 0 })
  await as('staff', 'credit', api.lab.accountId, '100', '--payment', 'bank-1', '--yes')
  const opening = {
    project: api.lab.projectId,
    user: api.lab.userId,
    kind: 'job',
    sku: 'queue:cpu',
    quantity: { cpu: '4' },
  }
  await send(api.app, 'job-1', 'started', '2026-01-01T00:00:00Z', opening)
  await api.call('POST', '/v1/test-clock/advance', { key: api.keys.staff, body: { seconds: 5400 } })
})
after(async () => {
  await api.close()
  rmSync(folder, { recursive: true })
})
beforeEach(() => {
  process.env.XDG_CONFIG_HOME = folder
  delete process.env.COREHOUR_URL
  delete process.env.COREHOUR_KEY
})

function as(who: keyof TestApi['keys'], ...args: string[]): Promise<Said> {
  use(url, api.keys[who])
  return run(args)
}

test('balance: every part of it, exact, and when it runs out', async () => {
  const { status, out } = await as('customer', 'balance')
  assert.equal(status, 0)
  // 100 less 1.5 hours at 0.2
  assert.match(out, /Settled +99\.70 /)
  assert.match(out, /Available +99\.70\n/)
  assert.match(out, /Spend per hour +0\.20\n/)
  assert.match(out, /Runs out +\S+ \S+ \S+, in 20 d 18 h\n/)
  const json = JSON.parse((await as('customer', 'balance', '--json')).out)
  assert.equal(json.balance.available.grains, String(9970n * 36_000_000n))
})

test('bill, ledger and jobs say the same, in columns that add up', async () => {
  const bill = await as('customer', 'bill', '--by', 'project')
  assert.match(bill.out, /Lab's project +0\.20 +0\.20 /)
  assert.match(bill.out, /Total +0\.20 /)
  assert.match(bill.out, /\nUse through 2026-01-01 01:00:00 /)
  assert.equal(bill.out, (await as('customer', 'bill', '--by', 'project', '--project', "Lab's project")).out)
  const ledger = await as('customer', 'ledger', '--limit', '2')
  assert.match(ledger.out, /^No.*\n-+\n(.*\n){2}\.\. and more: --limit N or --all\n$/)
  assert.match(ledger.out, /unattributed +revenue/)
  const jobs = await as('customer', 'jobs', '--running')
  assert.match(jobs.out, /job-1 +Lab's project +queue:cpu +4 cpu +\S+ \S+ +1 h 30 min +0\.20 +0\.30 +runs/)
})

test('stop passes a wish on, and jobs says what is asked and what is refused', async () => {
  const { userId: user, projectId: project } = api.lab
  const at = api.clock.now().toString()
  const node = { project, user, kind: 'node', sku: 'machine:c2_m4_cpu', quantity: { count: '1' } }
  await send(api.app, 'node-1', 'started', at, node)
  const asked = await as('customer', 'stop', 'node-1')
  assert.deepEqual([asked.status, asked.out], [0, 'lab is asked to stop node-1; it is charged until it has ended\n'])
  assert.match((await as('customer', 'jobs', '--running')).out, /node-1 .* runs; asked to stop\n/)
  const [{ command_id: id }] = (await api.call('GET', '/v1/commands', { key: api.keys.platform })).body.data
  await api.call('POST', `/v1/commands/${id}/refuse`, { key: api.keys.platform, body: { note: 'it is reserved' } })
  assert.match((await as('customer', 'jobs', '--running')).out, /node-1 .* runs; will not stop: it is reserved\n/)

  use(url, api.keys.customer)
  const declined = await run(['stop', 'node-1', '--delete'], { answer: false })
  assert.deepEqual([declined.status, declined.out], [1, ''])
  assert.match(declined.note, /^Delete node-1, for good\?\n/)
  assert.equal((await run(['stop', 'node-1', '--delete'])).status, 2, 'nobody is there to confirm it')
  const deleting = await as('staff', 'stop', 'node-1', '--delete', '--yes', '--account', api.lab.accountId)
  assert.equal(deleting.out, 'lab is asked to delete node-1; it is charged until it has ended\n')
  assert.match((await as('customer', 'jobs', '--running')).out, /node-1 .* runs; asked to delete\n/)
  await send(api.app, 'node-1', 'stopped', at)
  const none = await as('customer', 'stop', 'node-1')
  assert.deepEqual(
    [none.status, none.note.split('\n')[0]],
    [2, "corehour: no 'node-1' runs: see corehour jobs --running"],
  )
  assert.equal((await as('customer', 'stop', 'job-1', '--delete', '--yes')).status, 3)
})

test('prices, estimates and quotes', async () => {
  const prices = await run(['prices', 'c2', '--json'])
  assert.equal(prices.status, 4, 'without a server there are none')
  assert.match((await as('customer', 'prices', 'c2')).out, /machine:c2_m4_cpu +0\.40\n/)
  const estimate = await as('customer', 'estimate', 'queue:cpu', '--cpu', '8', '--hours', '2.5', '--nodes', '3')
  // 3 x 8 x 0.05 x 2.5
  assert.match(estimate.out, /For 2 h 30 min +3\.00 +CNY\n\nYour balance of 99\.70 CNY covers it\. .* lasts 2 d 23 h/)
  assert.match(
    (await as('customer', 'estimate', 'queue:cpu', '--cpu', '8000', '--hours', '9')).out,
    /does not cover it: 3,500\.30 CNY are missing/,
  )
  assert.match((await as('customer', 'quote', 'queue:cpu', '--cpu', '8')).out, /Quote +quote_\w+\n/)
  const wrong = await as('customer', 'estimate', 'machine:none', '--lang', 'zh')
  assert.deepEqual([wrong.status, /没有 machine:none 的有效价格/.test(wrong.note)], [3, true])
})

test('projects and members', async () => {
  const made = await as('customer', 'projects', 'create', 'Folding')
  assert.match(made.out, /^proj_\w+\n$/)
  assert.match((await as('customer', 'projects')).out, /Folding +proj_\w+ +creator, pays/)
  const unknown = await as('customer', 'members', 'Folding', 'add', 'nobody@example.org')
  assert.equal(unknown.status, 3)
  assert.match((await as('customer', 'members', 'Folding')).out, /Lab's owner +user_\w+ +creator/)
  const kept = await run(['projects', 'delete', 'Folding'], { answer: false })
  assert.deepEqual([kept.status, /nothing was done/.test(kept.note)], [1, true])
  const asked = await as('customer', 'projects', 'delete', 'Folding')
  assert.deepEqual([asked.status, /add --yes/.test(asked.note)], [2, true], 'nobody is there to ask')
  assert.equal((await as('customer', 'projects', 'delete', 'Folding', '--yes')).status, 0)
  assert.equal((await as('customer', 'projects', 'delete', 'Nothing', '--yes')).status, 2)
})

test('staff: credit once, grant, block, find, actions; a customer may not', async () => {
  const { accountId } = api.lab
  const again = await as('staff', 'credit', accountId, '100', '--payment', 'bank-1', '--yes')
  assert.equal(again.status, 0)
  const other = await as('staff', 'credit', accountId, '101', '--payment', 'bank-1', '--yes')
  assert.deepEqual([other.status, /payment_reused/.test(other.note)], [3, true])
  const grant = await as('staff', 'grant', accountId, '20', '--expires', '2027-01-01T00:00:00Z', '--yes')
  assert.match(grant.out, /Gave 20\.00 CNY to Lab/)
  assert.match((await as('customer', 'balance')).out, /Cards +20\.00 /)
  assert.match((await as('staff', 'block', accountId, '--reason', 'Disputed', '--yes')).out, /Lab is blocked since/)
  assert.match((await as('customer', 'balance')).out, /Blocked since .*: Disputed/)
  assert.match((await as('staff', 'unblock', accountId, '--yes')).out, /Lab is not blocked/)
  assert.match((await as('staff', 'accounts', 'lab')).out, /Lab +acct_\w+ +119\.70 +0\.00 +0\.20 +CNY/)
  assert.match((await as('staff', 'actions')).out, /accounts\.unblock +acct_\w+ +done/)
  assert.match(
    (await as('staff', 'actions')).out,
    /accounts\.credit +acct_\w+ +amount 101, channel transfer, payment_id bank-1 +payment_reused/,
  )
  const refused = await as('customer', 'credit', accountId, '1', '--payment', 'x', '--yes')
  assert.deepEqual([refused.status, /\(forbidden\)/.test(refused.note)], [3, true])
})

test('audit of a server: for staff, sound books are 0, a violation is 1 and is shown', async () => {
  const sound = await as('staff', 'audit', '--remote')
  assert.equal(sound.status, 0)
  assert.match(sound.out, /^\d\d invariants hold\n$/)
  const { checked } = JSON.parse((await as('staff', 'audit', '--remote', '--json')).out)
  assert.ok(checked > 40)
  assert.deepEqual([(await as('customer', 'audit', '--remote')).status], [3])
  const spoil = (by: number) => query(api.app.database.pool, { text: `update wallet set balance = balance + ${by}` })
  await spoil(1)
  const wrong = await as('staff', 'audit', '--remote')
  await spoil(-1)
  assert.equal(wrong.status, 1)
  assert.match(wrong.out, /of \d\d invariants VIOLATED\n  wallet_balance_posted: .*\n    \{.*"account_id":"acct_/)
})

test('a price list is published after its changes were shown and confirmed', async () => {
  const file = join(folder, 'prices.json')
  writeFileSync(
    file,
    JSON.stringify({
      currency: 'CNY',
      effective_at: '2026-02-01T00:00:00Z',
      machines: { c2_m4_cpu: '0.5' },
      queues: { '*': { cpu_hour: '0.05' } },
    }),
  )
  Object.assign(process.env, { COREHOUR_URL: url, COREHOUR_KEY: api.keys.staff })
  const no = await run(['prices', 'publish', file], { answer: false })
  assert.equal(no.status, 1)
  assert.match(
    no.note,
    /machine:c2_m4_cpu +hour +0\.40 +0\.50 +\+25\.0 % +dearer\nqueue:\* +GPU hour +2\.00 +free +-100\.0 % +cheaper\n/,
  )
  assert.match((await run(['prices', 'publish', file], { answer: true })).out, /Published as list_/)
  const missing = await run(['prices', 'publish', join(folder, 'none.json')])
  assert.equal(missing.status, 2)
})

test('keys are made, listed without their secrets, and revoked', async () => {
  const made = await as('customer', 'keys', 'create', 'laptop')
  const secret = made.out.trim()
  assert.match(secret, /^corehour_customer_[0-9a-f]{50}$/)
  process.env.COREHOUR_KEY = secret
  assert.equal((await run(['balance'])).status, 0)
  const list = await as('customer', 'keys')
  assert.ok(!list.out.includes(secret))
  const id = /(key_\w+) +laptop/.exec(list.out)![1]!
  assert.equal((await as('customer', 'keys', 'revoke', id, '--yes')).status, 0)
  process.env.COREHOUR_KEY = secret
  const gone = await run(['balance'])
  assert.deepEqual([gone.status, gone.note.endsWith(`expired or revoked. (unauthorized)\n`)], [3, true])
  assert.match(gone.note, /^corehour: The key of the environment \(COREHOUR_URL, COREHOUR_KEY\) is unknown to http/)
  assert.match((await run(['balance', '--lang', 'zh'])).note, /不接受此密钥/)
  delete process.env.COREHOUR_KEY
  assert.deepEqual((await run(['balance'])).status, 2, 'no key at all')
  const platforms = (await as('staff', 'keys', '--scope', 'platform')).out
  assert.match(platforms, /cluster +platform +lab/)
  assert.doesNotMatch(platforms, /laptop/)
  assert.match((await as('staff', 'keys')).out, /laptop +customer .*revoked/)
  assert.equal((await as('staff', 'keys', '--scope', 'all')).status, 2)
})

test('profiles are kept for their user alone, and used', async () => {
  const added = await run(['profile', 'add', 'lab', '--url', url, '--key', api.keys.customer])
  assert.equal(added.status, 0)
  const file = join(folder, 'corehour', 'profiles.json')
  assert.equal(statSync(file).mode & 0o777, 0o600)
  assert.equal((await run(['balance'])).status, 0)
  await run(['profile', 'add', 'staff', '--url', url, '--key', api.keys.staff])
  assert.match((await run(['accounts', '--profile', 'staff'])).out, /Lab/)
  const list = await run(['profile'])
  assert.match(list.out, /\* +lab/)
  assert.ok(!list.out.includes(api.keys.staff))
  assert.equal((await run(['balance', '--profile', 'none'])).status, 2)
  await run(['profile', 'remove', 'lab'])
  writeFileSync(file, '{')
  assert.match((await run(['balance'])).note, /is broken/)
  rmSync(file)
})

test('staff name an account by its name; by a part of it only where somebody sees which was found', async () => {
  assert.match((await as('staff', 'balance', 'La')).out, /^Lab {2}acct_/)
  assert.match(
    (await as('staff', 'bill', '--account', 'Lab', '--by', 'user', '--user', "Lab's owner")).out,
    /Lab's owner/,
  )
  const part = await as('staff', 'credit', 'La', '1', '--payment', 'part', '--yes')
  assert.deepEqual(
    [part.status, part.note.split('\n')[0]],
    [2, "corehour: no account is called 'La': see corehour accounts"],
  )
  const asked = await run(['credit', 'La', '1', '--payment', 'part'], { answer: false })
  assert.deepEqual([asked.status, /Credit 1 CNY \(transfer part\) to Lab \(acct_\w+\)\?/.test(asked.note)], [1, true])
  const another = await as('customer', 'balance', 'Lab')
  assert.deepEqual([another.status, /by its id/.test(another.note)], [2, true])
})

test('--json prints the JSON of the API and nothing else, whatever is asked', async () => {
  const { accountId } = api.lab
  const calls: [keyof TestApi['keys'], ...string[]][] = [
    ...['balance', 'ledger', 'bill', 'jobs', 'prices', 'projects', 'keys'].map((verb) => ['customer', verb] as const),
    ['customer', 'members', "Lab's project"],
    ['customer', 'estimate', 'queue:cpu', '--cpu', '1'],
    ['customer', 'quote', 'queue:cpu', '--cpu', '1'],
    ['customer', 'keys', 'create', 'json'],
    ['customer', 'projects', 'create', 'Json'],
    ...['accounts', 'actions'].map((verb) => ['staff', verb] as const),
    ['staff', 'audit', '--remote'],
    ['staff', 'account', accountId],
    ['staff', 'credit', accountId, '1', '--payment', 'json', '--yes'],
    ['staff', 'grant', accountId, '1', '--expires', '2030-01-01', '--yes'],
    ['staff', 'block', accountId, '--reason', 'json', '--yes'],
    ['staff', 'unblock', accountId, '--yes'],
  ].map((call) => [...call] as [keyof TestApi['keys'], ...string[]])
  for (const [who, ...args] of calls) {
    const { status, out, note } = await as(who, ...args, '--json')
    assert.deepEqual([status, note, typeof JSON.parse(out)], [0, '', 'object'], args.join(' '))
  }
})

test('colours are for terminals that take them, and move no column', async () => {
  const { accountId } = api.lab
  use(url, api.keys.staff)
  await run(['block', accountId, '--reason', 'Disputed', '--yes'])
  const [plain, coloured] = [await run(['accounts']), await run(['accounts'], { colour: true })]
  await run(['unblock', accountId, '--yes'])
  assert.ok(coloured.out.includes('\u001b[31mblocked\u001b[0m'))
  assert.ok(!plain.out.includes('\u001b'))
  assert.equal(stripVTControlCharacters(coloured.out), plain.out)
  const { NO_COLOR, TERM } = process.env
  Object.assign(process.env, { NO_COLOR: '1', TERM: 'xterm' })
  assert.equal(wantsNoColour(), true)
  Object.assign(process.env, { NO_COLOR: '', TERM: 'xterm' })
  assert.equal(wantsNoColour(), false, 'an empty one is none (no-color.org)')
  process.env.TERM = 'dumb'
  assert.equal(wantsNoColour(), true)
  for (const [name, value] of Object.entries({ NO_COLOR, TERM }))
    if (value === undefined) delete process.env[name]
    else process.env[name] = value
})

test('money stands to the right, with the places that it needs', () => {
  const show = (...grains: bigint[]) => {
    const format = amounts(grains.map((each) => ({ currency: 'CNY', grains: String(each) })))
    return grains.map((each) => format({ currency: 'CNY', grains: String(each) }))
  }
  assert.deepEqual(show(3_600_000_000n * 1234567n, -36_000_000n), ['1,234,567.00', '-0.01'])
  assert.deepEqual(show(3_600_000_000n, 1n), ['1.00000000', '0.00000000'])
  assert.deepEqual(show(3_600_000n, 3_600_000_000n), ['0.001', '1.000'])
  const lines = table(
    [{ title: '名' }, { title: 'CNY', right: true }],
    [
      ['林悦', '9.00'],
      ['Ada', '1,234.00'],
    ],
  )
  assert.equal(lines, '名         CNY\n--------------\n林悦      9.00\nAda   1,234.00\n')
})

test('every command has a summary, and a help that ends with an example', async () => {
  const names = [...(await run(['help'])).out.matchAll(/^ {2}corehour (\w+) /gm)].map((match) => match[1]!)
  assert.ok(names.length > 20)
  for (const name of names.filter((each) => each !== 'help')) {
    const { status, out } = await run([name, '--help'])
    assert.equal(status, 0)
    assert.match(out, new RegExp(`Example: .*corehour ${name}`), name)
  }
  assert.ok(readFileSync(new URL('README.md', import.meta.url), 'utf8').includes('corehour balance'))
})
