import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkFile, checkNumbers, STANDS_ON } from './rules.ts'

function rulesOf(file: string, text: string): string[] {
  return checkFile(file, text).map(({ line, rule }) => `${line}: ${rule}`)
}

test('rooms are entered by their door, and only by rooms that stand on them', () => {
  assert.deepEqual(
    rulesOf('src/wallet/credit.ts', `import { a } from '../ledger/index.ts'\nimport type { B } from './store.ts'`),
    [],
  )
  assert.deepEqual(rulesOf('src/wallet/credit.ts', `import { a } from '../settlement/index.ts'`), [
    '1: imports ../settlement/index.ts: wallet does not stand on settlement',
  ])
  assert.deepEqual(rulesOf('src/settlement/bill.ts', `\nimport {\n  a,\n  b,\n} from '../ledger/store.ts'`), [
    "5: imports ../ledger/store.ts: a room's only door is its index.ts",
  ])
  assert.deepEqual(rulesOf('src/replay/run.ts', `const a = await import('../app/config.ts')`), [
    '1: imports ../app/config.ts: nothing imports app',
  ])
  assert.deepEqual(rulesOf('src/base/id.ts', `export * from '../../test/harness.ts'`), [
    '1: imports ../../test/harness.ts, which the server does not ship',
  ])
  assert.deepEqual(rulesOf('src/base/id.test.ts', `import { a } from '../../test/harness.ts'`), [])
  assert.deepEqual(
    rulesOf('src/app/embedded/index.ts', `import { a } from '../../base/index.ts'\nimport '../config.ts'`),
    [],
  )
  assert.deepEqual(
    rulesOf('contract/refusals.ts', `import { t } from 'typebox'\nimport { b } from '../src/base/index.ts'`),
    ['2: imports ../src/base/index.ts: the contract stands on a schema library only'],
  )
})

test('packages stand without the server', () => {
  const door = `import { a } from '../src/base/index.ts'`
  const sdk = `import { a } from '@corehour/contract'\nimport './send.ts'\nimport { b } from 'node:crypto'\n${door}`
  assert.deepEqual(rulesOf('sdk/client.ts', sdk), [
    '3: imports node:crypto: the SDK stands on the contract only, and runs in browsers',
    '4: imports ../src/base/index.ts: the SDK stands on the contract only, and runs in browsers',
  ])
  const cli = `import { a } from '@corehour/sdk'\nimport { b } from 'node:fs'\nimport '../settings.ts'\nimport 'pg'`
  assert.deepEqual(rulesOf('cli/verbs/bill.ts', cli), [
    '4: imports pg: the command stands on the SDK, the contract, Node and a library that draws QR codes',
  ])
  assert.equal(rulesOf('cli/verbs/bill.ts', `import '../../sdk/index.ts'`).length, 1)
  assert.deepEqual(rulesOf('sdk/client.test.ts', door), [])
  const sandbox = `import { sign } from 'node:crypto'\nimport fastify from 'fastify'\nimport '../src/base/index.ts'\nimport 'pg'`
  const alone = 'the sandbox stands on Node and its own HTTP, and shares nothing with what it tests'
  assert.deepEqual(rulesOf('sandbox/start.ts', sandbox), [
    `3: imports ../src/base/index.ts: ${alone}`,
    `4: imports pg: ${alone}`,
  ])
  assert.deepEqual(rulesOf('sandbox/start.test.ts', sandbox), [])
  assert.deepEqual(rulesOf('src/app/serve.ts', `import '../../sandbox/index.ts'`), [
    '1: imports ../../sandbox/index.ts, which the server does not ship',
  ])
  assert.deepEqual(rulesOf('src/app/commands/bill.ts', `import { a } from '../../../cli/index.ts'`), [
    '1: imports ../../../cli/index.ts: its name is @corehour/cli',
  ])
  assert.deepEqual(rulesOf('src/app/commands/bill.ts', `import { a } from '@corehour/cli'`), [])
})

test('imports run one way', () => {
  for (const [room, under] of Object.entries(STANDS_ON)) {
    for (const each of under) assert.ok(!STANDS_ON[each]?.includes(room), `${room} and ${each} stand on each other`)
  }
})

test('time, chance and environment come from outside', () => {
  for (const text of [
    'Date.now()',
    'new Date(0)',
    'Temporal.Now.instant()',
    'Math.random()',
    'performance.now()',
    'process.env.HOME',
  ]) {
    assert.equal(rulesOf('src/ledger/post.ts', `const a = ${text}`).length, 1, text)
    assert.deepEqual(rulesOf('scripts/bench.ts', ''), [])
  }
  assert.equal(rulesOf('src/ledger/store.ts', 'const a = `insert into posting (at) values (now())`').length, 1)
  assert.equal(rulesOf('migrations/0009_x.sql', 'create table a (at timestamptz default current_timestamp)').length, 1)
  assert.deepEqual(rulesOf('src/ledger/post.ts', 'const a = clock.now(), b = tx.now // never now() or new Date()'), [])
  assert.deepEqual(rulesOf('src/ledger/post.ts', '/* not\n Date.now() */ const url = "http://a" + `b`'), [])
  assert.deepEqual(rulesOf('src/base/time.ts', 'const a = Temporal.Now.instant()'), [])
  for (const file of ['sdk/wait.ts', 'cli/table.ts']) {
    for (const text of ['Date.now()', 'Math.random()', 'process.env.HOME'])
      assert.equal(rulesOf(file, `const a = ${text}`).length, 1)
  }
  assert.deepEqual(rulesOf('cli/settings.ts', 'const a = process.env.HOME'), [])
})

test('money is never a number', () => {
  for (const text of ['Number(row.balance)', 'parseInt(totalGrains)', 'parseFloat(text)', 'rate.toFixed(2)']) {
    assert.equal(rulesOf('src/wallet/show.ts', text).length, 1, text)
  }
  assert.deepEqual(rulesOf('src/wallet/show.ts', 'Number(row.bucket)'), [])
})

test('migrations are numbered without a gap or a number twice', () => {
  const wrong = (...names: string[]) =>
    checkNumbers(names.map((name) => `migrations/${name}.sql`)).map(({ file, rule }) => `${file} ${rule}`)
  assert.deepEqual(wrong('0002_b', '0001_a'), [])
  assert.deepEqual(wrong('0001_a', '0001_b'), ['migrations/0001_b.sql should be numbered 0002'])
  assert.deepEqual(wrong('0001_a', '0003_c'), ['migrations/0003_c.sql should be numbered 0002'])
})
