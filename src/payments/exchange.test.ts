import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { GRAINS_PER_UNIT } from '../base/index.ts'
import { chargedFor } from './exchange.ts'

const yuan = (fen: bigint) => ({ currency: 'CNY', grains: (fen * GRAINS_PER_UNIT) / 100n })

test("the account's own currency is charged as it is", () => {
  assert.deepEqual(chargedFor(yuan(20_050n), 'CNY', null), { currency: 'CNY', minor: 20_050n })
})

test('another currency is charged at the rate less the margin, rounded up once to what it can be paid in', () => {
  // By hand: 200 / (7.10 x 0.98) = 28.7439.., 1 / 6.958 = 0.1437.., 20,000 / 6.958 = 2,874.389..
  for (const [fen, minor] of [
    [20_000n, 2875n],
    [100n, 15n],
    [2_000_000n, 287_439n],
  ] as const)
    assert.equal(chargedFor(yuan(fen), 'USD', { rate: '7.10', margin: '0.02', source: 'test' }).minor, minor)
  // 200 / 0.0484 = 4,132.2.. yen, which have no smaller part.
  assert.equal(chargedFor(yuan(20_000n), 'JPY', { rate: '0.0484', margin: '0', source: 'test' }).minor, 4133n)
  // What comes out even is not rounded.
  assert.equal(chargedFor(yuan(71_000n), 'USD', { rate: '7.1', margin: '0', source: 'test' }).minor, 10_000n)
})

test('never less than the amount is worth, and less than a cent more', () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: 100n, max: 2_000_000n }),
      fc.integer({ min: 1, max: 200_000 }),
      fc.integer({ min: 0, max: 999 }),
      (fen, rate, margin) => {
        const exchange = { rate: `${rate / 10_000}`, margin: `${margin / 1000}`, source: 'test' }
        fc.pre(/^[\d.]+$/.test(exchange.rate))
        const { minor } = chargedFor(yuan(fen), 'USD', exchange)
        // cents x rate x (1 - margin) against fen, all in whole numbers of 10^-7.
        const worth = (cents: bigint) => cents * BigInt(rate) * BigInt(1000 - margin)
        assert.ok(worth(minor) >= fen * 10_000_000n)
        assert.ok(worth(minor - 1n) < fen * 10_000_000n)
      },
    ),
    { seed: 11, numRuns: 2000 },
  )
})

test('a rate of nothing, and a margin of all, are faults of the settings and charge nothing', () => {
  for (const bad of [
    { rate: '0', margin: '0' },
    { rate: '-7', margin: '0' },
    { rate: '7', margin: '1' },
    { rate: '7', margin: '-0.1' },
    { rate: '7e0', margin: '0' },
  ])
    assert.throws(() => chargedFor(yuan(100n), 'USD', { ...bad, source: 'test' }), /assertion/)
})
