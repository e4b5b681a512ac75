import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Refusal } from '../base/index.ts'
import { checkQuantity, estimate, LARGEST_RATE, rateOf, type Price } from './index.ts'

const queue = (cpu_hour: bigint, gpu_hour: bigint, gb_hour: bigint): Price => ({
  priceId: 'price_q',
  sku: 'queue:*',
  unitPrices: { cpu_hour, gpu_hour, gb_hour },
})
const machine = (machine_hour: bigint): Price => ({
  priceId: 'price_m',
  sku: 'machine:c2_m4_cpu',
  unitPrices: { machine_hour },
})

function refused(code: Refusal['code']) {
  return (error: unknown) => error instanceof Refusal && error.code === code
}

test('rates worked out by hand', () => {
  const lab = queue(50_000n, 2_000_000n, 0n)
  // 4 x 0.05 + 0.46 x 2 = 1.12 an hour
  assert.equal(rateOf(lab, { cpu: '4', gpu: '0.46', gb: '16' }), 1_120_000n)
  assert.equal(rateOf(lab, { cpu: '4' }), 200_000n)
  // 1000 MiB at 0.007 per GB and hour: 1000/1024 x 7000 = 6835.9375
  assert.equal(rateOf(queue(0n, 0n, 7_000n), { gb: '0.9765625' }), 6_836n)
  // 1 MiB = 0.0009765625 GB, all ten places, at 1 per GB and hour: 976.5625
  assert.equal(rateOf(queue(0n, 0n, 1_000_000n), { gb: '0.0009765625' }), 977n)
  assert.equal(rateOf(machine(400_000n), {}), 400_000n)
  assert.equal(rateOf(machine(400_000n), { count: '3' }), 1_200_000n)
  assert.equal(rateOf(machine(400_000n), { count: '0' }), 0n)
})

test('the sum is rounded once, half up', () => {
  assert.equal(rateOf(queue(1n, 0n, 0n), { cpu: '0.5' }), 1n)
  assert.equal(rateOf(queue(1n, 0n, 0n), { cpu: '0.4999999999' }), 0n)
  assert.equal(rateOf(queue(1n, 0n, 0n), { cpu: '1.5' }), 2n)
  assert.equal(rateOf(queue(1n, 0n, 0n), { cpu: '2.5' }), 3n)
  // Three products of 0.4 are 1.2: rounded each for itself they would be 0.
  assert.equal(rateOf(queue(1n, 1n, 1n), { cpu: '0.4', gpu: '0.4', gb: '0.4' }), 1n)
  // Three of 0.5 are 1.5: rounded each for itself they would be 3.
  assert.equal(rateOf(queue(1n, 1n, 1n), { cpu: '0.5', gpu: '0.5', gb: '0.5' }), 2n)
  assert.equal(rateOf(queue(1n, 1n, 1n), { cpu: '0.1', gpu: '0.1', gb: '0.2999999999' }), 0n)
})

// An independent reckoning: fractions as pairs, the quantity written out digit by digit.
type Fraction = [numerator: bigint, denominator: bigint]
function fraction(text: string): Fraction {
  let numerator = 0n
  let denominator = 1n
  let behindPoint = false
  for (const sign of text) {
    if (sign === '.') behindPoint = true
    else {
      numerator = numerator * 10n + BigInt('0123456789'.indexOf(sign))
      if (behindPoint) denominator *= 10n
    }
  }
  return [numerator, denominator]
}
function floorOfSumPlusHalf(terms: { price: bigint; quantity: string }[]): bigint {
  let [numerator, denominator]: Fraction = [1n, 2n]
  for (const { price, quantity } of terms) {
    const [n, d] = fraction(quantity)
    numerator = numerator * d + price * n * denominator
    denominator *= d
  }
  return numerator / denominator
}

const decimals = fc
  .tuple(fc.integer({ min: 0, max: 99_999 }), fc.option(fc.stringMatching(/^\d{1,10}$/), { nil: undefined }))
  .map(([whole, places]) => (places === undefined ? `${whole}` : `${whole}.${places}`))
const prices = fc.bigInt({ min: 0n, max: 300_000n })

test('every rate equals an independent reckoning in fractions', () => {
  fc.assert(
    fc.property(
      fc.array(prices, { minLength: 3, maxLength: 3 }),
      fc.array(decimals, { minLength: 3, maxLength: 3 }),
      (p, q) => {
        const rate = rateOf(queue(p[0]!, p[1]!, p[2]!), { cpu: q[0]!, gpu: q[1]!, gb: q[2]! })
        assert.equal(rate, floorOfSumPlusHalf(p.map((price, i) => ({ price, quantity: q[i]! }))))
      },
    ),
    { numRuns: 2000 },
  )
})

test('a plain quantity is taken as it is', () => {
  const plain = ['0', '1', '0.5', '4', '0.0000000001', '10000000', '10000000.0000000000', '9999999.9999999999', '1.50']
  for (const value of plain) {
    const quantity = { cpu: value }
    assert.equal(checkQuantity('queue:gpu', quantity), quantity, value)
  }
  assert.deepEqual(checkQuantity('machine:x', {}), {})
  assert.deepEqual(checkQuantity(undefined, { count: '1' }), { count: '1' })
  assert.deepEqual(checkQuantity(undefined, {}), {})
})

const badValues = [
  ...[
    '1e3',
    '1E3',
    '0x1',
    '0b1',
    ' 1',
    '1 ',
    '1\n',
    '',
    '+1',
    '-1',
    '-0',
    '-0.5',
    '.5',
    '1.',
    '00',
    '01',
    '1,5',
    '1_000',
    '1n',
  ],
  ...[
    'NaN',
    'Infinity',
    '\u0661',
    '\uff11',
    '1.12345678901',
    '10000001',
    '10000000.0000000001',
    '9'.repeat(400),
    '0.' + '0'.repeat(11),
  ],
  ...[1, 0.5, NaN, Infinity, 1n, true, null, undefined, {}, [], ['1'], { toString: () => '1' }],
]
test('anything but a plain decimal in range is refused', () => {
  for (const value of badValues) {
    const quantity = { cpu: value } as Record<string, unknown>
    const say = typeof value === 'bigint' ? `${value}n` : JSON.stringify(value)
    assert.throws(() => checkQuantity('queue:gpu', quantity), refused('bad_quantity'), say)
    assert.throws(() => checkQuantity(undefined, quantity), refused('bad_quantity'), say)
    assert.throws(() => rateOf(queue(1n, 1n, 1n), quantity as Record<string, string>), refused('bad_quantity'), say)
  }
})

test('a name that the SKU does not count is refused, and so is nothing at all of a queue', () => {
  const wrong: [sku: string | undefined, quantity: Record<string, unknown>][] = [
    ['queue:gpu', { cpu: '1', gpus: '1' }],
    ['queue:gpu', { count: '1' }],
    ['queue:gpu', {}],
    ['queue:gpu', JSON.parse('{"__proto__":"1"}')],
    ['machine:x', { cpu: '1' }],
    [undefined, { constructor: '1' }],
  ]
  for (const [sku, quantity] of wrong)
    assert.throws(() => checkQuantity(sku, quantity), refused('bad_quantity'), JSON.stringify(quantity))
  assert.throws(() => rateOf(queue(1n, 1n, 1n), {}), refused('bad_quantity'))
})

test('the refusal says what is taken, in both languages', () => {
  try {
    checkQuantity('queue:gpu', { cpu: '1e3' })
    assert.fail()
  } catch (error) {
    assert(error instanceof Refusal)
    assert.match(error.message, /cpu=1e3 .* queue:gpu takes cpu, gpu, gb, .* 10000000 /)
    assert.match(error.in('zh'), /cpu=1e3 .*queue:gpu/)
    assert.doesNotMatch(error.message + error.in('zh'), /\{|\?/)
  }
})

test('storage is sold by the month: no rate', () => {
  const plan: Price = { priceId: 'price_s', sku: 'storage:personal', unitPrices: { gb_month: 200_000n } }
  assert.throws(() => checkQuantity('storage:personal', { gb: '100' }), refused('not_metered'))
  assert.throws(() => rateOf(plan, { gb: '100' }), refused('not_metered'))
})

test('a rate above 100,000 an hour is refused', () => {
  assert.equal(rateOf(queue(10_000n, 0n, 0n), { cpu: '10000000' }), LARGEST_RATE)
  // Half a micro-unit less than one too many is rounded up to one too many.
  const dearest = queue(10_000n, 1n, 0n)
  assert.equal(rateOf(dearest, { cpu: '10000000', gpu: '0.4999999999' }), LARGEST_RATE)
  assert.throws(() => rateOf(dearest, { cpu: '10000000', gpu: '0.5' }), refused('rate_too_large'))
  assert.throws(() => rateOf(machine(10n ** 12n), { count: '10000000' }), refused('rate_too_large'))
})

test('an estimate is the rate times whole seconds', () => {
  const price = queue(50_000n, 2_000_000n, 0n)
  // 1.12 an hour for 100 minutes is 1.8666.. : 1,120,000 x 6000 grains
  assert.equal(estimate(price, { cpu: '4', gpu: '0.46' }, 6000), 6_720_000_000n)
  assert.equal(estimate(price, { cpu: '4' }, 0), 0n)
  for (const seconds of [-1, 0.5, NaN, Infinity, 2 ** 53]) {
    assert.throws(() => estimate(price, { cpu: '1' }, seconds), refused('bad_request'), String(seconds))
  }
  // 100,000 an hour for 1000 hours is the most that the books hold: 100 million.
  assert.equal(estimate(queue(10_000n, 0n, 0n), { cpu: '10000000' }, 3_600_000), 360_000_000_000_000_000n)
  assert.throws(() => estimate(queue(10_000n, 0n, 0n), { cpu: '10000000' }, 3_600_001), refused('amount_too_large'))
})
