import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, beforeEach, test } from 'node:test'
import { openTestApi, type TestApi } from '../test/api.ts'
import { send } from '../test/lab.ts'
import { command } from '../src/app/command.ts'
import { differences } from './verbs/prices.ts'

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

type Said = { status: number; out: string; note: string }

async function run(args: readonly string[], answer?: boolean): Promise<Said> {
  const said = { out: '', note: '' }
  const status = await command(args, {
    out: (text) => void (said.out += text),
    note: (text) => void (said.note += text),
    watched: false,
    ...(answer !== undefined && {
      confirm: async (question: string) => {
        said.note += question
        return answer
      },
    }),
  })
  return { status, ...said }
}

function as(who: keyof TestApi['keys'], ...args: string[]): Promise<Said> {
  Object.assign(process.env, { COREHOUR_URL: url, COREHOUR_KEY: api.keys[who] })
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
  assert.match(bill.out, /Lab's project +0\.20000000 +0\.20000000/)
  assert.match(bill.out, /Total +0\.20000000/)
  assert.equal(bill.out, (await as('customer', 'bill', '--by', 'project', '--project', "Lab's project")).out)
  const ledger = await as('customer', 'ledger', '--limit', '2')
  assert.equal(ledger.out.split('\n').length, 5)
  assert.match(ledger.out, /unattributed +revenue/)
  const jobs = await as('customer', 'jobs', '--running')
  assert.match(
    jobs.out,
    /job-1 +Lab's project +queue:cpu +4 cpu +\S+ \S+ \S+ +1 h 30 min +0\.20000000 +0\.30000000 +runs/,
  )
})

test('prices, estimates and quotes', async () => {
  const prices = await run(['prices', 'c2', '--json'])
  assert.equal(prices.status, 4, 'without a server there are none')
  assert.match((await as('customer', 'prices', 'c2')).out, /machine:c2_m4_cpu +0\.4 per hour/)
  const estimate = await as('customer', 'estimate', 'queue:cpu', '--cpu', '8', '--hours', '2.5', '--nodes', '3')
  // 3 x 8 x 0.05 x 2.5
  assert.match(estimate.out, /Total +3\.00 CNY\n\nYour balance of 99\.70 CNY covers it/)
  assert.match(
    (await as('customer', 'estimate', 'queue:cpu', '--cpu', '8000', '--hours', '9')).out,
    /does not cover it/,
  )
  assert.match((await as('customer', 'quote', 'queue:cpu', '--cpu', '8')).out, /Quote +quote_\w+\n/)
  const wrong = await as('customer', 'estimate', 'machine:none', '--lang', 'zh')
  assert.deepEqual([wrong.status, /没有 machine:none 的有效价格/.test(wrong.note)], [3, true])
})

test('projects and members', async () => {
  const made = await as('customer', 'projects', 'create', 'Folding')
  assert.match(made.out, /^proj_\w+\n$/)
  assert.match((await as('customer', 'projects')).out, /Folding +proj_\w+ +pay for it/)
  const unknown = await as('customer', 'members', 'Folding', 'add', 'nobody@example.org')
  assert.equal(unknown.status, 3)
  assert.match((await as('customer', 'members', 'Folding')).out, /Lab's owner +user_\w+ +creator/)
  const kept = await run(['projects', 'delete', 'Folding'], false)
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
  assert.match((await as('customer', 'balance')).out, /of it cards +20\.00/)
  assert.match((await as('staff', 'block', accountId, '--reason', 'Disputed', '--yes')).out, /Lab is blocked since/)
  assert.match((await as('customer', 'balance')).out, /Blocked since .*: Disputed/)
  assert.match((await as('staff', 'block', accountId, '--lift')).out, /Lab is not blocked/)
  assert.match((await as('staff', 'accounts', 'lab')).out, /Lab +acct_\w+ +119\.70 +0\.00 +CNY/)
  assert.match((await as('staff', 'actions')).out, /accounts\.unblock +acct_\w+ +done/)
  assert.match((await as('staff', 'actions')).out, /accounts\.credit +acct_\w+ +payment_reused/)
  const refused = await as('customer', 'credit', accountId, '1', '--payment', 'x', '--yes')
  assert.deepEqual([refused.status, /\(forbidden\)/.test(refused.note)], [3, true])
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
  const no = await run(['prices', 'publish', file], false)
  assert.equal(no.status, 1)
  assert.match(
    no.note,
    /~ machine:c2_m4_cpu machine_hour {2}0\.4 -> 0\.5 {2}\(\+25\.0 %\)\n {2}- queue:\* gpu_hour {2}was 2\n/,
  )
  assert.match((await run(['prices', 'publish', file], true)).out, /Published as list_/)
  const missing = await run(['prices', 'publish', join(folder, 'none.json')])
  assert.equal(missing.status, 2)
})

test('differences of prices', () => {
  const of = (entries: Record<string, string>) => new Map(Object.entries(entries))
  const found = differences(
    of({ same: '1', dearer: '1', cheaper: '3', gone: '2' }),
    of({ same: '1.0', dearer: '1.5', cheaper: '1', fresh: '7' }),
  )
  assert.deepEqual(
    found.map(({ sign, text }) => `${sign} ${text}`),
    ['~ cheaper  3 -> 1  (-66.6 %)', '~ dearer  1 -> 1.5  (+50.0 %)', '+ fresh  7', '- gone  was 2'],
  )
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
  assert.equal((await run(['balance'])).status, 3)
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

test('a server that is down, is none, or fails: one line and the exit status', async (t) => {
  const odd = createServer((request, response) => {
    if (request.url!.includes('/v1/me'))
      return void response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Welcome</h1>')
    return void response.writeHead(500, { 'content-type': 'text/plain' }).end('oops')
  }).listen(0, '127.0.0.1')
  await once(odd, 'listening')
  t.after(() => odd.close())
  process.env.COREHOUR_KEY = api.keys.customer
  process.env.COREHOUR_URL = 'http://127.0.0.1:9'
  const down = await run(['keys', 'revoke', 'key_1', '--yes'])
  assert.deepEqual([down.status, down.note.split('\n').length], [4, 2])
  process.env.COREHOUR_URL = `http://127.0.0.1:${(odd.address() as AddressInfo).port}`
  const none = await run(['balance'])
  assert.deepEqual([none.status, none.note.split('\n').length], [4, 2], none.note)
})

test('words are completed in bash', async (t) => {
  if (spawnSync('bash', ['--version']).status !== 0) return t.skip('there is no bash on this machine')
  const script = join(folder, 'completion')
  writeFileSync(script, (await run(['completion', 'bash'])).out)
  const complete = (...words: string[]) => {
    const line = `source ${script}; COMP_WORDS=(corehour ${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length}; _corehour; echo "\${COMPREPLY[*]}"`
    return spawnSync('bash', ['-c', line], { encoding: 'utf8' }).stdout.trim()
  }
  assert.equal(complete('bal'), 'balance')
  assert.equal(complete('jobs', '--ru'), '--running')
  assert.equal((await run(['completion', 'fish'])).status, 2)
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
