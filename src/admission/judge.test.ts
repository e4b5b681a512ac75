import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openTestApp } from '../../test/harness.ts'
import { waitForLock } from '../../test/locks.ts'
import { CPUS, GPU, openLab, openPayer, pay, pass, send, YUAN } from '../../test/lab.ts'
import { type App, bucketOf, newId, query, SYSTEM, transact, type Tx } from '../base/index.ts'
import { addMember, blockAccount, createUser, removeMember } from '../identity/index.ts'
import { deleteProject } from '../metering/index.ts'
import { publishPriceList, quote } from '../pricing/index.ts'
import { deduct, expireDue } from '../settlement/index.ts'
import { lockWallet, placeHolds, readWallets, releaseHold } from '../wallet/index.ts'
import { hold, judge, lockPayers, type Allowed, type Ask, type Decision } from './index.ts'

type Payer = Awaited<ReturnType<typeof openPayer>>
const CENT = YUAN / 100n
/** What 18 seconds of a GPU cost. */
const CENTS_WORTH = { ...GPU, maxSeconds: 18 }

async function openRoom(balance = YUAN) {
  const { app, clock, close } = await openTestApp()
  const lab = await openLab(app)
  if (balance > 0n) await pay(app, lab.accountId, balance)
  return { app, clock, close, lab }
}

function inside<T>(app: App, work: (tx: Tx) => Promise<T>): Promise<T> {
  return transact(app, SYSTEM, work)
}

function ask(payer: Payer, over: Partial<Ask> = {}): Ask {
  return { projectId: payer.projectId, userId: payer.userId, ...CPUS, hold: 'none', ...over }
}

function holding(app: App, of: 'interval' | 'max'): Ask['hold'] {
  return { of, holdId: newId('hold', app.clock.now()), hours: 24 }
}

/** Decides without keeping anything. */
async function look(app: App, ...asks: Ask[]): Promise<Decision[]> {
  return inside(app, (tx) => judge(tx, asks))
}

/** Decides and holds, as one request or as several in one transaction. */
function admit(app: App, ...asks: Ask[]): Promise<Decision[]> {
  return inside(app, async (tx) => {
    await lockPayers(tx, asks)
    const decisions = await judge(tx, asks)
    await hold(
      tx,
      decisions.filter((each): each is Allowed => each.decision === 'allowed'),
    )
    return decisions
  })
}

function codes(decisions: readonly Decision[]): string[] {
  return decisions.map((each) => (each.decision === 'refused' ? each.code : each.decision))
}

async function held(app: App, { accountId }: Payer): Promise<bigint> {
  return inside(app, async (tx) => (await readWallets(tx, [{ bucket: bucketOf(accountId), accountId }]))[0]!.held)
}

function ends(app: App) {
  return query(app.database.pool, { text: 'select end_reason as ended, count(*)::int from hold group by 1 order by 1' })
}

test('what may run is told with its price, rate and estimate, and nothing is written', async () => {
  const { app, close, lab } = await openRoom()
  const [plain, long] = await look(app, ask(lab), ask(lab, { ...GPU, maxSeconds: 3600 }))
  assert.ok(plain!.decision === 'allowed' && long!.decision === 'allowed')
  assert.deepEqual([plain!.price.sku, plain!.rate, plain!.estimate, plain!.hold], ['queue:*', 200_000n, null, null])
  assert.deepEqual([long!.rate, long!.estimate, long!.currency], [2_000_000n, 2n * YUAN, 'CNY'])
  assert.deepEqual(await ends(app), [])
  await close()
})

test('every reason to refuse, the earlier one first, with what is known of the price', async () => {
  const { app, clock, close, lab } = await openRoom(0n)
  const other = await openPayer(app, 'Other')
  const refused = async (over: Partial<Ask>) => {
    const [decision] = await look(app, ask(lab, over))
    assert.ok(decision!.decision === 'refused')
    return [decision!.code, decision!.price?.sku ?? null, decision!.rate, decision!.estimate]
  }
  const much = { ...GPU, maxSeconds: 60 }
  const known = ['queue:*', 2_000_000n, 120_000_000n]
  assert.deepEqual(await refused({ ...much, projectId: 'proj_none' }), ['unknown_project', null, null, null])
  assert.deepEqual(await refused({ ...much, userId: 'user_none' }), ['unknown_user', ...known])
  assert.deepEqual(await refused({ ...much, userId: other.userId }), ['not_a_member', ...known])
  assert.deepEqual(await refused({ sku: 'machine:none', quantity: {} }), ['unknown_sku', null, null, null])
  assert.deepEqual(await refused({ quantity: { cpu: '-1' } }), ['bad_quantity', 'queue:*', null, null])
  assert.deepEqual(await refused({ sku: 'storage:personal', quantity: { gb: '1' } }), ['unknown_sku', null, null, null])
  assert.deepEqual(await refused({ quantity: { gpu: '1000000' } }), ['rate_too_large', 'queue:*', null, null])
  assert.deepEqual(await refused({ quantity: { gpu: '50000' }, maxSeconds: 315_360_000 }), [
    'amount_too_large',
    'queue:*',
    100_000_000_000n,
    null,
  ])
  assert.deepEqual(await refused(much), ['balance_exhausted', ...known])
  await inside(app, (tx) => blockAccount(tx, lab.accountId, 'fraud'))
  assert.deepEqual(await refused(much), ['account_blocked', ...known])
  assert.deepEqual(await refused({ ...much, sku: 'machine:none' }), ['unknown_sku', null, null, null])
  clock.advance(60)
  await inside(app, (tx) => deleteProject(tx, lab.projectId))
  assert.deepEqual(await refused({ ...much, userId: other.userId }), ['project_deleted', ...known])
  assert.deepEqual(await refused({ ...much, userId: 'user_none' }), ['unknown_user', ...known])
  await close()
})

test('a member may, a removed one may not, and may again when added again', async () => {
  const { app, close, lab } = await openRoom()
  const guest = await openPayer(app, 'Guest')
  const theirs = ask(lab, { userId: guest.userId })
  const member = { projectId: lab.projectId, userId: guest.userId }
  assert.deepEqual(codes(await look(app, theirs)), ['not_a_member'])
  await inside(app, (tx) => addMember(tx, { ...member, role: 'member' }))
  assert.deepEqual(codes(await look(app, theirs)), ['allowed'])
  await inside(app, (tx) => removeMember(tx, member))
  assert.deepEqual(codes(await look(app, theirs, ask(lab))), ['not_a_member', 'allowed'])
  await inside(app, (tx) => addMember(tx, { ...member, role: 'admin' }))
  assert.deepEqual(codes(await look(app, theirs)), ['allowed'])
  await close()
})

test('a quote holds its price until it expires, for its SKU and its account only', async () => {
  const { app, clock, close, lab } = await openRoom()
  const other = await openPayer(app, 'Other')
  await pay(app, other.accountId, YUAN)
  const { quoteId } = await inside(app, (tx) =>
    quote(tx, { accountId: lab.accountId, currency: 'CNY', ...GPU, validSeconds: 900 }),
  )
  const effective_at = clock.now().add({ seconds: 60 }).toString()
  await inside(app, (tx) =>
    publishPriceList(tx, { currency: 'CNY', effective_at, queues: { '*': { cpu_hour: '1', gpu_hour: '9' } } }),
  )
  clock.advance(600)
  const quoted = { ...GPU, quoteId }
  const [with_, without, stranger] = await look(app, ask(lab, quoted), ask(lab, GPU), ask(other, quoted))
  assert.deepEqual([with_!.rate, without!.rate], [2_000_000n, 9_000_000n])
  assert.deepEqual(codes([stranger!]), ['unknown_quote'])
  assert.deepEqual(
    codes(
      await look(
        app,
        ask(lab, { ...CPUS, quoteId }),
        ask(lab, { quoteId: 'quote_none' }),
        ask(lab, { quoteId: 'nul\0' }),
        ask(lab, { quoteId: 'lone \ud800' }),
      ),
    ),
    ['quote_mismatch', 'unknown_quote', 'unknown_quote', 'unknown_quote'],
  )
  clock.advance(300)
  assert.deepEqual(codes(await look(app, ask(lab, quoted))), ['quote_expired'])
  await close()
})

test('use since the last deduction counts: the money is gone before it is deducted', async () => {
  const { app, clock, close, lab } = await openRoom(CENT)
  const opening = { project: lab.projectId, user: lab.userId, kind: 'job', ...GPU }
  await send(app, 'job', 'started', clock.now().toString(), opening)
  clock.advance(17)
  assert.deepEqual(codes(await look(app, ask(lab))), ['allowed'])
  clock.advance(1)
  assert.deepEqual(codes(await look(app, ask(lab))), ['balance_exhausted'])
  await close()
})

test('a grant is no money from the second of its end on, whoever has written it off', async () => {
  const { app, clock, close, lab } = await openRoom(CENT)
  const poor = await openPayer(app, 'Poor')
  const expiresAt = clock.now().add({ seconds: 60 }).toString()
  for (const { accountId } of [lab, poor]) await pay(app, accountId, 5n * CENT, { expiresAt })
  const asked = () => [
    ask(lab, { ...CENTS_WORTH, hold: holding(app, 'max') }),
    ask(lab, { ...CENTS_WORTH, maxSeconds: 36, hold: holding(app, 'max') }),
    ask(poor),
  ]
  clock.advance(59)
  assert.deepEqual(codes(await look(app, ...asked())), ['allowed', 'allowed', 'allowed'])
  clock.advance(1)
  const after = ['allowed', 'balance_exhausted', 'balance_exhausted']
  const unwritten = await look(app, ...asked())
  assert.deepEqual(codes(unwritten), after)
  assert.deepEqual(unwritten[2]!.decision === 'refused' && unwritten[2]!.details, { available: '0.00', needed: '> 0' })
  assert.equal(await expireDue(app), 2)
  assert.deepEqual(codes(await look(app, ...asked())), after)
  await close()
})

test('holds of five minutes or of the longest run; what costs nothing holds nothing and needs money all the same', async () => {
  const { app, clock, close, lab } = await openRoom()
  const free = { sku: 'queue:free', quantity: { gb: '4' } }
  const [interval, max, none] = await admit(
    app,
    ask(lab, { ...GPU, hold: holding(app, 'interval') }),
    ask(lab, { ...CENTS_WORTH, hold: holding(app, 'max') }),
    ask(lab, { ...free, maxSeconds: 60, hold: holding(app, 'max') }),
  )
  assert.ok(interval!.decision === 'allowed' && max!.decision === 'allowed' && none!.decision === 'allowed')
  assert.deepEqual([interval!.hold!.amount, max!.hold!.amount, none!.hold], [600_000_000n, CENT, null])
  assert.equal(max!.hold!.expiresAt.toString(), clock.now().add({ hours: 24 }).toString())
  assert.equal(await held(app, lab), 600_000_000n + CENT)
  const poor = await openPayer(app, 'Poor')
  assert.deepEqual(codes(await admit(app, ask(poor, { ...free, hold: holding(app, 'interval') }))), [
    'balance_exhausted',
  ])
  await close()
})

test('fifty at once pass exactly ten times on one balance: one by one, and together', async () => {
  const { app, close, lab } = await openRoom(10n * CENT)
  const fifty = () => Array.from({ length: 50 }, () => ask(lab, { ...CENTS_WORTH, hold: holding(app, 'max') }))
  const apart = await Promise.all(fifty().map((each) => admit(app, each)))
  const count = (all: string[]) => [
    all.filter((code) => code === 'allowed').length,
    all.filter((code) => code === 'balance_exhausted').length,
  ]
  assert.deepEqual(count(apart.flatMap(codes)), [10, 40])
  assert.equal(await held(app, lab), 10n * CENT)

  const other = await openPayer(app, 'Other')
  await pay(app, other.accountId, 10n * CENT)
  const mixed = fifty().map((each, i) =>
    i % 2 ? each : { ...each, ...ask(other, { ...CENTS_WORTH, hold: each.hold }) },
  )
  const groups = Array.from({ length: 5 }, (_, n) => mixed.slice(n * 10, n * 10 + 10))
  const together = await Promise.all(groups.map((group, n) => admit(app, ...(n % 2 ? group : group.toReversed()))))
  assert.deepEqual(count(together.flatMap(codes)), [10, 40])
  assert.deepEqual([await held(app, lab), await held(app, other)], [10n * CENT, 10n * CENT])
  await close()
})

test('what is decided without the lock is not held when the money is gone', async () => {
  const { app, close, lab } = await openRoom(CENT)
  const late = ask(lab, { ...CENTS_WORTH, hold: holding(app, 'max') })
  const decided = (await look(app, late)) as Allowed[]
  assert.deepEqual(codes(await admit(app, ask(lab, { ...CENTS_WORTH, hold: holding(app, 'max') }))), ['allowed'])
  await assert.rejects(
    inside(app, (tx) => hold(tx, decided)),
    /what is held is available/,
  )
  await assert.rejects(
    inside(app, (tx) => placeHolds(tx, [{ ...decided[0]!.hold!, amount: 0n }])),
    /a hold is above zero/,
  )
  assert.equal(await held(app, lab), CENT)
  await close()
})

test('a block that comes first is seen by whoever waited for it', async () => {
  const { app, close, lab } = await openRoom()
  const locked = Promise.withResolvers<void>()
  const go = Promise.withResolvers<void>()
  const blocking = inside(app, async (tx) => {
    await lockWallet(tx, lab.accountId)
    locked.resolve()
    await go.promise
    await blockAccount(tx, lab.accountId, 'fraud')
  })
  await locked.promise
  const waiting = admit(app, ask(lab, { ...GPU, hold: holding(app, 'interval') }))
  await waitForLock(app)
  go.resolve()
  await blocking
  assert.deepEqual(codes(await waiting), ['account_blocked'])
  assert.equal(await held(app, lab), 0n)
  await close()
})

test('holds race deductions, top-ups and use, and nothing is promised twice', async () => {
  const { app, clock, close, lab } = await openRoom(40n * CENT)
  await send(app, 'job', 'started', clock.now().toString(), {
    project: lab.projectId,
    user: lab.userId,
    kind: 'job',
    ...CPUS,
  })
  clock.advance(1800) // uses ten cents
  const all = await Promise.all([
    deduct(app, clock.now()),
    ...Array.from({ length: 60 }, () => admit(app, ask(lab, { ...CENTS_WORTH, hold: holding(app, 'max') }))),
    ...Array.from({ length: 10 }, () => pay(app, lab.accountId, CENT)),
    deduct(app, clock.now()),
  ])
  const passed = all
    .filter((each) => Array.isArray(each))
    .flatMap(codes)
    .filter((code) => code === 'allowed').length
  // The rest of the top-ups may come after those that they would have let in.
  assert.ok(passed >= 30 && passed <= 40, String(passed))
  assert.equal(await held(app, lab), BigInt(passed) * CENT)
  const more = await admit(
    app,
    ...Array.from({ length: 20 }, () => ask(lab, { ...CENTS_WORTH, hold: holding(app, 'max') })),
  )
  assert.equal(passed + codes(more).filter((code) => code === 'allowed').length, 40)
  await close()
})

test('a hold is released once, or expires after a day, and its money may be held again', async () => {
  const { app, clock, close, lab } = await openRoom(CENT)
  const once = () => ask(lab, { ...CENTS_WORTH, hold: holding(app, 'max') })
  const first = once()
  const admissionId = (first.hold as { holdId: string }).holdId.replace('hold', 'adm')
  assert.deepEqual(codes(await admit(app, first)), ['allowed'])
  assert.deepEqual(codes(await admit(app, once())), ['balance_exhausted'])
  const released = await Promise.all(
    [1, 2, 3].map(() => inside(app, (tx) => releaseHold(tx, lab.accountId, admissionId))),
  )
  assert.equal(released.filter(Boolean).length, 1)
  assert.deepEqual(codes(await admit(app, once(), once())), ['allowed', 'balance_exhausted'])
  clock.advance(24 * 3600 - 1)
  await expireDue(app)
  assert.equal(await held(app, lab), CENT)
  await pass(app, clock, clock.now().add({ seconds: 1 }).toString())
  assert.deepEqual(codes(await admit(app, once())), ['allowed'])
  assert.deepEqual(await ends(app), [
    { ended: 'expired', count: 1 },
    { ended: 'released', count: 1 },
    { ended: null, count: 1 },
  ])
  await close()
})

test('only what an admission holds is released as such', async () => {
  const { app, close, lab } = await openRoom()
  const other = await openPayer(app, 'Other')
  const holdId = newId('hold', app.clock.now())
  const expiresAt = app.clock.now().add({ hours: 1 })
  await inside(app, (tx) =>
    placeHolds(tx, [{ accountId: lab.accountId, holdId, amount: CENT, reason: 'refund', expiresAt }]),
  )
  const mine = ask(lab, { ...GPU, hold: holding(app, 'interval') })
  await admit(app, mine)
  const release = (accountId: string, id: string) =>
    inside(app, (tx) => releaseHold(tx, accountId, id.replace('hold', 'adm')))
  assert.equal(await release(lab.accountId, holdId), false)
  assert.equal(await release(other.accountId, (mine.hold as { holdId: string }).holdId), false)
  assert.equal(await release(lab.accountId, 'adm_none'), false)
  assert.equal(await held(app, lab), CENT + 600_000_000n)
  await close()
})

test('a nameless user of the payer is no member of another project', async () => {
  const { app, close, lab } = await openRoom()
  const { userId } = await inside(app, (tx) =>
    createUser(tx, { userId: newId('user', tx.now), accountId: lab.accountId, name: 'colleague' }),
  )
  assert.deepEqual(codes(await look(app, ask(lab, { userId }))), ['not_a_member'])
  await close()
})
