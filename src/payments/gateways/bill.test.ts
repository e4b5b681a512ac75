import assert from 'node:assert/strict'
import { test } from 'node:test'
import { writeOds } from 'hucre'
import { tableOf, unzip } from './bill.ts'

test('a zip that another library has written, packed and plain', async () => {
  const sheet = await writeOds({ sheets: [{ name: '账单', rows: [['支付宝交易号', 1]] }] })
  const parts = unzip(Buffer.from(sheet)).map(String)
  // The first part of this format is never packed.
  assert.equal(parts[0], 'application/vnd.oasis.opendocument.spreadsheet')
  assert.ok(parts.some((part) => part.includes('支付宝交易号')))
})

test('a table is read by the names of its columns, in either width of brackets', () => {
  const [row] = tableOf(['订单金额（元）', '备注'], [['1.00', '（x）']])
  assert.deepEqual([row!('订单金额(元)'), row!('备注')], ['1.00', '（x）'])
  assert.throws(() => row!('手续费'), { name: 'Unreadable', message: /no column 手续费/ })
  assert.throws(() => tableOf(['a', 'b'], [['1']]), { name: 'Unreadable', message: /does not fit/ })
})
