import { parse } from 'csv-parse/sync'
import type { StatementRow } from '../gateway.ts'
import { tableOf, unzip, type BillRow } from './bill.ts'
import { readCash } from './cash.ts'
import { readChina } from './chinaTime.ts'
import { Unreadable } from './fields.ts'

/** Of several columns that only the table of single trades has; the zip's other table has sums. */
const MARKER = '支付宝交易号'

/** Reads a day's bill of trades: a zip of two tables in GBK, amounts in yuan, fees and refunds negative. */
export function readAlipayBill(zip: Buffer, payee: string): StatementRow[] {
  const gbk = new TextDecoder('gb18030')
  for (const part of unzip(zip)) {
    const lines = readLines(gbk.decode(part))
    const head = lines.findIndex(([first]) => first === MARKER)
    if (head < 0) continue
    // Remarks stand before and after the table, and begin with #.
    const end = lines.findIndex(([first], place) => place > head && first!.startsWith('#'))
    if (end < 0) throw new Unreadable('the bill has no end')
    return tableOf(lines[head]!, lines.slice(head + 1, end)).map((row) => readRow(row, payee))
  }
  throw new Unreadable('the bill holds no table of trades')
}

/** Alipay writes a tab behind numbers, so that no sheet takes them for floats. */
function readLines(text: string): string[][] {
  try {
    return parse(text, { relax_column_count: true, relax_quotes: true, skip_empty_lines: true, trim: true })
  } catch {
    throw new Unreadable('the bill is no CSV')
  }
}

function readRow(row: BillRow, payee: string): StatementRow {
  const kind = row('业务类型')
  const tradeNo = row(MARKER)
  const orderId = row('商户订单号')
  const at = readChina(row('完成时间'))
  const cash = readCash(row('订单金额(元)'), 'CNY')
  if (kind === '交易') {
    const fee = readCash(row('服务费(元)') || '0', 'CNY')
    const payment = { orderId, paymentId: tradeNo, cash, fee: { ...fee, minor: -fee.minor }, payee, paidAt: at }
    return { kind: 'payment', payment }
  }
  if (kind !== '退款') throw new Unreadable(`the bill has a row of kind ${kind}`)
  const refunded = { ...cash, minor: -cash.minor }
  // A refund made by hand in Alipay's console has no number of ours.
  const refundId = row('退款批次号/请求号') || tradeNo
  return { kind: 'refund', orderId, refund: { refundId, reference: tradeNo, state: 'done', cash: refunded, at } }
}
