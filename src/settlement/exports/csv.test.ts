import assert from 'node:assert/strict'
import { test } from 'node:test'
import { stringify } from 'csv-stringify/sync'
import fc from 'fast-check'
import { cell } from './csv.ts'

test('a cell is quoted and made harmless as csv-stringify does it', () => {
  const odd = fc.constantFrom(...'=+-@\t\r\n,"\'＝＋－＠ a工😀'.split(''), '\u202e', '""', '\r\n')
  const text = fc.oneof(fc.string({ unit: odd, maxLength: 6 }), fc.string({ unit: 'binary' }))
  fc.assert(
    fc.property(text, (value) => {
      assert.equal(
        cell(value),
        stringify([[value]], {
          escape_formulas: true,
          record_delimiter: 'windows',
          quote_record_delimiter: true,
        }).slice(0, -2),
      )
    }),
    { numRuns: 500 },
  )
  assert.equal(cell(null), '')
})
