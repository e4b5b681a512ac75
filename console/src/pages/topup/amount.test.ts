import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readAmount } from './amount.ts'

test('an amount is read as people type and paste it', () => {
  for (const [typed, read] of [
    ['200', '200'],
    [' 200.00 ', '200.00'],
    ['49.9', '49.9'],
    ['1,000.50', '1000.50'],
    ['1 000', '1000'],
    ['1\u00a0000.50', '1000.50'],
    ['1\u202f000', '1000'],
    ["1'000", '1000'],
    ['¥200', '200'],
    ['¥ 1,234.56', '1234.56'],
    ['￥２００', '200'],
    ['２００．５', '200.5'],
    ['200元', '200'],
    ['CNY 200', '200'],
    ['RMB200', '200'],
    ['+200', '200'],
    ['007', '7'],
    ['0.01', '0.01'],
    ['200.', '200'],
    ['200\n', '200'],
  ] as const)
    assert.equal(readAmount(typed), read, JSON.stringify(typed))
})

test('what is no amount, or could be two, is none', () => {
  for (const typed of [
    '',
    ' ',
    '0',
    '0.00',
    '-5',
    '1.234',
    '1e3',
    '0x10',
    'abc',
    '1.000,50',
    '12.34.56',
    '1,5',
    '1,00',
    '１２３４５６７８９０',
    '5%',
    '٢٠٠',
  ])
    assert.equal(readAmount(typed), undefined, JSON.stringify(typed))
})
