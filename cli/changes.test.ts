import assert from 'node:assert/strict'
import { test } from 'node:test'
import { changesBetween, type PriceTable } from './changes.ts'

const prices = (entries: Record<string, Record<string, string>>): PriceTable => new Map(Object.entries(entries))
const told = (before: PriceTable, after: PriceTable) =>
  changesBetween(before, after).map(({ sku, unit, kind, percent, fallsBack }) =>
    [sku, unit, kind, percent, fallsBack ? 'as queue:*' : ''].filter(Boolean).join(' '),
  )

test('what becomes dearer, cheaper, new, gone, and stays', () => {
  const hour = (price: string) => ({ machine_hour: price })
  const before = { 'machine:a': hour('1'), 'machine:b': hour('1'), 'machine:c': hour('3'), 'machine:d': hour('2') }
  const after = { 'machine:a': hour('1.0'), 'machine:b': hour('1.5'), 'machine:c': hour('1'), 'machine:e': hour('7') }
  assert.deepEqual(told(prices(before), prices(after)), [
    'machine:a machine_hour same',
    'machine:b machine_hour dearer +50.0 %',
    'machine:c machine_hour cheaper -66.7 %',
    'machine:d machine_hour gone',
    'machine:e machine_hour new',
  ])
})

test('a queue that is not named any more costs what queue:* does; what is left out is free', () => {
  const before = prices({ 'queue:*': { cpu_hour: '0.05' }, 'queue:fat': { cpu_hour: '0.1', gb_hour: '0.01' } })
  assert.deepEqual(told(before, prices({ 'queue:*': { cpu_hour: '0.2' } })), [
    'queue:* cpu_hour dearer +300.0 %',
    'queue:fat cpu_hour dearer +100.0 % as queue:*',
    'queue:fat gb_hour cheaper -100.0 % as queue:*',
  ])
  assert.deepEqual(told(prices({ 'queue:*': { cpu_hour: '0.05' } }), before), [
    'queue:* cpu_hour same',
    'queue:fat cpu_hour dearer +100.0 %',
    'queue:fat gb_hour dearer',
  ])
  assert.deepEqual(told(prices({}), prices({ 'machine:a': { machine_hour: '0' } })), ['machine:a machine_hour same'])
})
