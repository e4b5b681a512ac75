import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openTestApp } from '../../test/harness.ts'
import { type App, GRAINS_PER_UNIT, newId, query, SYSTEM, transact } from '../base/index.ts'
import { createProject, createUser } from '../identity/index.ts'
import { applyEvents } from '../metering/index.ts'
import { publishPriceList } from '../pricing/index.ts'
import { lockWallet, openAccount, readAllLots, readWallets } from '../wallet/index.ts'
import { attribute, bringUp, charge, credit, deduct, expireDue } from './index.ts'

const YUAN = GRAINS_PER_UNIT

/** One account with one project and two queues' prices: 0.05 a CPU hour, 2 a GPU hour. */
async function openWorld(app: App) {
  return transact(app, SYSTEM, async (tx) => {
    await publishPriceList(tx, {
      currency: 'CNY',
      effective_at: '2026-01-01T00:00:00Z',
      machines: { c2_m4_cpu: '0.4' },
      queues: { '*': { cpu_hour: '0.05', gpu_hour: '2', gb_hour: '0' } },
    })
    const { accountId, bucket } = await openAccount(tx, {
      accountId: newId('acct', tx.now),
      name: 'Lab',
      currency: 'CNY',
    })
    const user = await createUser(tx, { userId: newId('user', tx.now), accountId, name: 'Ada' })
    const project = await createProject(tx, {
      projectId: newId('proj', tx.now),
      accountId,
      creatorUserId: user.userId,
      name: 'fold',
    })
    return { accountId, bucket, userId: user.userId, projectId: project.projectId }
  })
}

function event(
  world: { projectId: string; userId: string },
  id: string,
  type: string,
  time: string,
  data: object = {},
) {
  const opening =
    type === 'started' ? { user: world.userId, kind: 'job', sku: 'queue:cpu', quantity: { cpu: '4' } } : {}
  return {
    specversion: '1.0',
    source: 'lab',
    id,
    type: `corehour.usage.${type}`,
    subject: 'job-1',
    time,
    data: { project: world.projectId, ...opening, ...data },
  }
}

async function wallet(app: App, key: { bucket: number; accountId: string }) {
  return transact(app, SYSTEM, async (tx) => (await readWallets(tx, [key]))[0]!)
}

function lines(app: App) {
  return query(app.database.pool, {
    text: `select day::text, kind, sku, amount, cash, granted, unpaid from bill_line order by day, sku`,
  })
}

test('a job becomes deductions, a bill line and draws', async () => {
  const { app, clock, close } = await openTestApp()
  const world = await openWorld(app)
  await transact(app, SYSTEM, (tx) =>
    credit(tx, { accountId: world.accountId, kind: 'cash', amount: 10n * YUAN, paymentId: 'p1', channel: 'test' }),
  )
  clock.set('2026-01-01T00:07:00Z')
  const results = await applyEvents(app, [event(world, 'e1', 'started', '2026-01-01T00:07:00Z')])
  assert.deepEqual(results, [{ source: 'lab', id: 'e1', status: 'accepted' }])
  clock.set('2026-01-01T00:10:00Z')
  assert.equal(await deduct(app, clock.now()), 1)
  assert.equal(await deduct(app, clock.now()), 0)
  // 4 CPUs at 0.05 an hour are 200,000 micro-units an hour: 200,000 grains a second, for 180 s
  assert.equal((await wallet(app, world)).balance, 10n * YUAN - 36_000_000n)
  clock.set('2026-01-01T01:07:00Z')
  await applyEvents(app, [event(world, 'e2', 'stopped', '2026-01-01T01:07:00Z')])
  clock.set('2026-01-01T02:00:00Z')
  await deduct(app, clock.now())
  assert.equal((await wallet(app, world)).balance, 10n * YUAN - YUAN / 5n)
  assert.equal(await attribute(app, clock.now()), 1)
  assert.deepEqual(await lines(app), [
    { day: '2026-01-01', kind: 'job', sku: 'queue:cpu', amount: YUAN / 5n, cash: YUAN / 5n, granted: 0n, unpaid: 0n },
  ])
  await close()
})

test('a grant pays until it expires, cash after it, and what none covers is repaid by the next top-up', async () => {
  const { app, clock, close } = await openTestApp()
  const world = await openWorld(app)
  const { accountId } = world
  const expiresAt = Temporal.Instant.from('2026-01-01T00:30:00Z')
  await transact(app, SYSTEM, (tx) =>
    credit(tx, { accountId, kind: 'grant', amount: YUAN, paymentId: 'card', channel: 'card', expiresAt }),
  )
  await transact(app, SYSTEM, (tx) =>
    credit(tx, { accountId, kind: 'cash', amount: YUAN / 20n, paymentId: 'p1', channel: 'test' }),
  )
  await applyEvents(app, [event(world, 'e1', 'started', '2026-01-01T00:00:00Z')])
  clock.set('2026-01-01T01:00:00Z')
  await deduct(app, clock.now())
  await expireDue(app)
  // 0.2 yuan an hour: half from the grant, a quarter from the cash, a quarter unpaid; 0.9 of the grant is written off
  const [line] = await lines(app)
  assert.deepEqual([line?.granted, line?.cash, line?.unpaid], [YUAN / 10n, YUAN / 20n, YUAN / 20n])
  assert.equal((await wallet(app, world)).balance, -YUAN / 20n)
  const { repaid } = await transact(app, SYSTEM, (tx) =>
    credit(tx, { accountId, kind: 'cash', amount: YUAN, paymentId: 'p2', channel: 'test' }),
  )
  assert.equal(repaid, YUAN / 20n)
  const [paid] = await lines(app)
  assert.deepEqual([paid?.granted, paid?.cash, paid?.unpaid], [YUAN / 10n, YUAN / 10n, 0n])
  // Two hours late it turns out that the job stopped after a quarter of an hour.
  clock.set('2026-01-01T03:00:00Z')
  await applyEvents(app, [event(world, 'e2', 'stopped', '2026-01-01T00:15:00Z')])
  await transact(app, SYSTEM, async (tx) => bringUp(tx, await lockWallet(tx, accountId), () => {}))
  const [corrected] = await lines(app)
  assert.deepEqual([corrected?.granted, corrected?.cash, corrected?.unpaid], [YUAN / 20n, 0n, 0n])
  const lots = await transact(app, SYSTEM, (tx) => readAllLots(tx, [world]))
  const card = lots.find((lot) => lot.kind === 'grant')
  assert.deepEqual([card?.remaining, card?.expired], [0n, (YUAN * 19n) / 20n])
  assert.equal((await wallet(app, world)).balance, YUAN + YUAN / 20n)
  await close()
})

test('a charge needs available money and is made once', async () => {
  const { app, close } = await openTestApp()
  const world = await openWorld(app)
  const { accountId, projectId, userId } = world
  await transact(app, SYSTEM, (tx) =>
    credit(tx, { accountId, kind: 'cash', amount: 2n * YUAN, paymentId: 'p1', channel: 'test' }),
  )
  const plan = {
    accountId,
    chargeId: 'plan-1',
    projectId,
    userId,
    kind: 'storage' as const,
    sku: 'storage:personal',
    amount: YUAN,
  }
  await transact(app, SYSTEM, (tx) => charge(tx, plan))
  await transact(app, SYSTEM, (tx) => charge(tx, plan))
  await assert.rejects(
    transact(app, SYSTEM, (tx) => charge(tx, { ...plan, amount: 1n })),
    { code: 'key_reused' },
  )
  await assert.rejects(
    transact(app, SYSTEM, (tx) => charge(tx, { ...plan, chargeId: 'plan-2', amount: YUAN + 1n })),
    {
      code: 'insufficient_balance',
    },
  )
  assert.equal((await wallet(app, world)).balance, YUAN)
  assert.equal((await lines(app))[0]?.cash, YUAN)
  await close()
})
