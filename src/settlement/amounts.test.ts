import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { formatGrains, parseDecimal, scaleDecimal } from '../base/index.ts'
import { runningAmounts } from './amounts.ts'

test('a third of a hundred-millionth, three times, is one of them in all', () => {
  const show = runningAmounts()
  assert.deepEqual([12n, 12n, 12n].map(show), ['0.00000000', '0.00000001', '0.00000000'])
  assert.deepEqual([36n, -72n].map(runningAmounts()), ['0.00000001', '-0.00000002'])
  assert.equal(runningAmounts(2)(3_600_000_000n * 5n), '5.00')
})

test('any column adds up to its total, as that is read alone', () => {
  fc.assert(
    fc.property(
      fc.array(fc.bigInt({ min: -(2n ** 62n), max: 2n ** 62n })),
      fc.integer({ min: 0, max: 8 }),
      (column, places) => {
        const sum = column
          .map(runningAmounts(places))
          .reduce((total, text) => total + scaleDecimal(parseDecimal(text)!, places)!, 0n)
        const total = formatGrains(
          column.reduce((a, b) => a + b, 0n),
          places,
        )
        assert.equal(sum, scaleDecimal(parseDecimal(total)!, places))
      },
    ),
  )
})
