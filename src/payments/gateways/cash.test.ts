import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { placesOf, readCash, writeCash } from './cash.ts'

const currency = fc.constantFrom('CNY', 'USD', 'EUR', 'JPY', 'HUF', 'TWD')
const minor = fc.bigInt({ min: -(10n ** 15n), max: 10n ** 15n })

test('cash is written as Intl writes the exact decimal, and reads back', () => {
  fc.assert(
    fc.property(currency, minor, (code, amount) => {
      const places = placesOf(code)
      const format = new Intl.NumberFormat('en', { minimumFractionDigits: places, useGrouping: false })
      const text = writeCash({ currency: code, minor: amount })
      assert.equal(text, format.format(`${amount}E-${places}` as Intl.StringNumericLiteral))
      assert.deepEqual(readCash(text, code), { currency: code, minor: amount })
      // Fewer and more places are the same amount, as long as the added ones are noughts.
      assert.deepEqual(readCash(places ? `${text}00` : `${text}.00`, code).minor, amount)
    }),
    { numRuns: 1000 },
  )
})

test('what is finer than the currency, or no plain decimal, is no amount', () => {
  for (const text of [
    '1.005',
    '',
    ' 1',
    '1 ',
    '1e3',
    '+1',
    '1,000.00',
    'NaN',
    '１',
    '.5',
    '5.',
    '0x10',
    '1.2.3',
    '--1',
  ])
    assert.throws(() => readCash(text, 'CNY'), { name: 'Unreadable' }, text)
  assert.throws(() => readCash('100.5', 'JPY'), { name: 'Unreadable' })
  assert.deepEqual(readCash('0.29', 'CNY').minor, 29n)
  assert.deepEqual(readCash('90071992547409.93', 'CNY').minor, 9007199254740993n)
})
