import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Refusal } from '../base/index.ts'
import { pricesIn } from './document.ts'
import { formatMicro, parsePriceList } from './index.ts'

const good = () => ({
  currency: 'CNY',
  effective_at: '2026-01-01T00:00:00Z',
  machines: { c2_m4_cpu: '0.4', 'c32_m128_4 * NVIDIA V100': '26.5' } as Record<string, unknown>,
  queues: { '*': { cpu_hour: '0.05', gpu_hour: '2', gb_hour: '0' } } as Record<string, unknown>,
  storage: { personal_gb_month: '0.2', project_gb_month: '0.2' } as Record<string, unknown>,
})

test('a list gives one price per SKU in micro-units', () => {
  assert.deepEqual(pricesIn(parsePriceList(good())), [
    { sku: 'machine:c2_m4_cpu', unitPrices: { machine_hour: '400000' } },
    { sku: 'machine:c32_m128_4 * NVIDIA V100', unitPrices: { machine_hour: '26500000' } },
    { sku: 'queue:*', unitPrices: { cpu_hour: '50000', gpu_hour: '2000000', gb_hour: '0' } },
    { sku: 'storage:personal', unitPrices: { gb_month: '200000' } },
    { sku: 'storage:project', unitPrices: { gb_month: '200000' } },
  ])
})

test('one content has one form, whatever its spelling', () => {
  const spelled = {
    storage: { project_gb_month: '0.2', personal_gb_month: '0.200000' },
    queues: { '*': { gpu_hour: '2.0', cpu_hour: '0.05' } },
    machines: { 'c32_m128_4 * NVIDIA V100': '26.500', c2_m4_cpu: '0.40' },
    effective_at: '2026-01-01T08:00:00.000+08:00',
    currency: 'CNY',
  }
  const canonical = JSON.stringify(parsePriceList(good()))
  assert.equal(JSON.stringify(parsePriceList(spelled)), canonical)
  assert.equal(JSON.stringify(parsePriceList(JSON.parse(canonical))), canonical)
})

test('what is left out of a queue is 0, what is left out of the list is not sold', () => {
  const { currency, effective_at } = good()
  assert.deepEqual(pricesIn(parsePriceList({ currency, effective_at, queues: { cpu: { cpu_hour: '0.1' } } })), [
    { sku: 'queue:cpu', unitPrices: { cpu_hour: '100000', gpu_hour: '0', gb_hour: '0' } },
  ])
  assert.deepEqual(pricesIn(parsePriceList({ currency, effective_at, storage: { project_gb_month: '1' } })), [
    { sku: 'storage:project', unitPrices: { gb_month: '1000000' } },
  ])
})

test('the largest, the smallest and no price', () => {
  const known: [price: string, micro: string][] = [
    ['1000000', '1000000000000'],
    ['1000000.000000', '1000000000000'],
    ['0.000001', '1'],
    ['0', '0'],
    ['0.0', '0'],
  ]
  for (const [price, micro] of known) {
    const [first] = pricesIn(parsePriceList({ ...good(), machines: { m: price } }))
    assert.equal(first!.unitPrices.machine_hour, micro, price)
  }
})

test('a decimal of micro-units reads back as itself', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 10n ** 12n }), (micro) => {
      const [first] = pricesIn(parsePriceList({ ...good(), machines: { m: formatMicro(micro) } }))
      assert.equal(first!.unitPrices.machine_hour, String(micro))
    }),
  )
})

const badPrices: unknown[] = [
  ...[
    '1e3',
    '0x1',
    ' 1',
    '1 ',
    '\u0661',
    '\uff11',
    '0.1234567',
    '0.1000000',
    '-1',
    '-0',
    '+1',
    '',
    '.5',
    '1.',
    '01',
    '1,5',
    'NaN',
  ],
  ...[
    'Infinity',
    '1000000.000001',
    '1000001',
    '9'.repeat(500),
    '0.' + '1'.repeat(500),
    0.4,
    1,
    NaN,
    1n,
    true,
    null,
    [],
    {},
  ],
]
test('a price that is not a plain decimal in quotes is refused at its path', () => {
  for (const price of badPrices) {
    const say = typeof price === 'bigint' ? `${price}n` : String(JSON.stringify(price))
    expectRefusal({ ...good(), machines: { m: price } }, 'machines.m', say)
    expectRefusal({ ...good(), queues: { gpu: { gb_hour: price } } }, 'queues.gpu.gb_hour', say)
    expectRefusal({ ...good(), storage: { personal_gb_month: price } }, 'storage.personal_gb_month', say)
  }
  expectRefusal({ ...good(), machines: { m: 0.4 } }, 'machines.m', 'number', /"0\.4".* bare number/)
})

test('what does not belong there is refused at its path', () => {
  const wrong: [list: unknown, path: string][] = [
    ...([null, undefined, [], 'CNY', 1] as unknown[]).map((list): [unknown, string] => [list, 'the list']),
    [{ ...good(), currency: undefined }, 'currency'],
    ...['cny', 'CN', 'CNYY', 'C1Y', 'CNY ', '\uff23NY', 1].map((currency): [unknown, string] => [
      { ...good(), currency },
      'currency',
    ]),
    ...[
      '2026-01-01',
      '2026-01-01T00:00:00',
      '2026-02-30T00:00:00Z',
      'now',
      0,
      null,
      '0000-01-01T00:00:00Z',
      '1969-12-31T23:59:59Z',
    ].map((effective_at): [unknown, string] => [{ ...good(), effective_at }, 'effective_at']),
    [{ ...good(), effective_at: '9999-12-31T23:59:59-14:00' }, 'effective_at'],
    [{ ...good(), price: '1' }, 'price'],
    [{ ...good(), 'a b': '1' }, '["a b"]'],
    [JSON.parse('{"currency":"CNY","effective_at":"2026-01-01T00:00:00Z","__proto__":{}}'), '__proto__'],
    [{ ...good(), machines: [] }, 'machines'],
    [{ ...good(), machines: null }, 'machines'],
    [{ ...good(), machines: { '': '1' } }, 'machines[""]'],
    [{ ...good(), machines: { ' a': '1' } }, 'machines[" a"]'],
    [{ ...good(), machines: { 'a\u0000': '1' } }, 'machines["a\\u0000"]'],
    [{ ...good(), machines: { '\ud800': '1' } }, 'machines["\\ud800"]'],
    [{ ...good(), machines: { ['m'.repeat(201)]: '1' } }, 'machines.' + 'm'.repeat(201)],
    [{ ...good(), queues: { gpu: '1' } }, 'queues.gpu'],
    [{ ...good(), queues: { gpu: null } }, 'queues.gpu'],
    [{ ...good(), queues: { gpu: { cpu: '1' } } }, 'queues.gpu.cpu'],
    [{ ...good(), queues: { '*': { cpu_hour: 1 } } }, 'queues["*"].cpu_hour'],
    [{ ...good(), storage: { personal: '1' } }, 'storage.personal'],
    [{ currency: 'CNY', effective_at: '2026-01-01T00:00:00Z' }, 'the list'],
    [{ ...good(), machines: {}, queues: {}, storage: {} }, 'the list'],
  ]
  for (const [list, path] of wrong) expectRefusal(list, path, JSON.stringify(list) ?? 'undefined')
})

test('names with a meaning in JavaScript are names', () => {
  const list = JSON.parse(
    '{"currency":"CNY","effective_at":"2026-01-01T00:00:00Z","machines":{"__proto__":"1","constructor":"2"}}',
  )
  const skus = pricesIn(parsePriceList(list)).map((price) => price.sku)
  assert.deepEqual(skus, ['machine:__proto__', 'machine:constructor'])
})

function expectRefusal(list: unknown, path: string, say: string, text?: RegExp): void {
  assert.throws(
    () => parsePriceList(list),
    (error) => {
      assert(error instanceof Refusal, say)
      assert.equal(error.code, 'bad_price_list', say)
      assert.equal(error.details.path, path, say)
      if (text) assert.match(error.message, text)
      return true
    },
    say,
  )
}
