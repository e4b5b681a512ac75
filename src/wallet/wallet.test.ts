import assert from 'node:assert/strict'
import { test } from 'node:test'
import { available, compareLots, liveBalance, runsOutAt, type Lot, type Wallet } from './wallet.ts'

const SETTLED = Temporal.Instant.from('2026-01-01T00:05:00Z')

function wallet(over: Partial<Wallet>): Wallet {
  return {
    bucket: 0,
    accountId: 'acct_a',
    currency: 'CNY',
    balance: 1000n,
    accrued: 0n,
    late: 0n,
    rate: 0n,
    settledAt: SETTLED,
    attributedAt: SETTLED,
    seenAt: SETTLED,
    held: 0n,
    arrears: 0n,
    lastSeq: 0n,
    ...over,
  }
}

test('the live balance counts what is not deducted yet; available leaves out what is held', () => {
  const running = wallet({ accrued: -20n, late: 5n, rate: 7n, held: 300n })
  const at = SETTLED.add({ seconds: 60 })
  assert.equal(liveBalance(running, at), 1000n + 20n - 5n - 420n)
  assert.equal(available(running, at), 295n)
})

test('the money runs out at the first second at which nothing is available', () => {
  const runsOut = (over: Partial<Wallet>) => runsOutAt(wallet(over), SETTLED)?.toString()
  assert.equal(runsOut({ rate: 10n }), '2026-01-01T00:06:40Z')
  assert.equal(runsOut({ rate: 999n }), '2026-01-01T00:05:02Z')
  assert.equal(runsOut({ rate: 10n, held: 990n }), '2026-01-01T00:05:01Z')
  assert.equal(runsOut({ rate: 10n, balance: 0n }), '2026-01-01T00:05:00Z')
  assert.equal(runsOut({ rate: 0n }), undefined)
  assert.equal(runsOut({ rate: 1n, balance: 2n ** 62n }), undefined)
  const untilTheLast = BigInt(Temporal.Instant.from('9999-12-31T23:59:59Z').since(SETTLED).total('seconds'))
  assert.equal(runsOut({ rate: 1n, balance: untilTheLast }), '9999-12-31T23:59:59Z')
  assert.equal(runsOut({ rate: 1n, balance: untilTheLast + 1n }), undefined, 'later is as good as never')
})

test('grants pay before cash: by priority, then expiry, then id; cash by arrival', () => {
  const lot = (lotId: string, kind: Lot['kind'], priority: number, expires: string | null, seq: bigint): Lot => ({
    bucket: 0,
    accountId: 'acct_a',
    lotId,
    kind,
    priority,
    expiresAt: expires === null ? null : Temporal.Instant.from(expires),
    amount: 1n,
    remaining: 1n,
    expired: 0n,
    expiredAt: null,
    seq,
  })
  const lots = [
    lot('cash late', 'cash', 0, null, 9n),
    lot('cash early', 'cash', 0, null, 2n),
    lot('b', 'grant', 1, '2026-02-01T00:00:00Z', 1n),
    lot('a', 'grant', 1, '2026-02-01T00:00:00Z', 3n),
    lot('sooner', 'grant', 1, '2026-01-15T00:00:00Z', 4n),
    lot('first', 'grant', 0, '2027-01-01T00:00:00Z', 5n),
  ]
  assert.deepEqual(
    lots.sort(compareLots).map(({ lotId }) => lotId),
    ['first', 'sooner', 'a', 'b', 'cash early', 'cash late'],
  )
})
