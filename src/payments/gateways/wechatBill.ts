import type { Cash, GatewayRefund, StatementRow } from '../gateway.ts'
import { tableOf, type BillRow } from './bill.ts'
import { readCash } from './cash.ts'
import { readChina } from './chinaTime.ts'
import { Unreadable } from './fields.ts'

const REFUND_STATES = new Map<string, GatewayRefund['state']>([
  ['SUCCESS', 'done'],
  ['PROCESSING', 'underway'],
  ['CHANGE', 'abnormal'],
  ['ABNORMAL', 'abnormal'],
  ['FAIL', 'failed'],
  ['CLOSED', 'failed'],
])

/**
 * Reads a day's bill of trades (type ALL): a head, rows whose every value stands behind a backtick, a head of sums, and the sums. Amounts are in yuan
 * here, where the API has fen.
 */
export function readWechatBill(text: string): StatementRow[] {
  const [head = '', ...lines] = text.replace(/^\uFEFF/, '').split(/\r?\n/)
  const end = lines.findIndex((line) => line.startsWith('总'))
  if (end < 0) throw new Unreadable('the bill has no sums')
  const names = head.split(',').map((name) => name.trim())
  // Names of goods may hold commas, but not one with a backtick behind it.
  const rows = lines.slice(0, end).map((line) =>
    line
      .slice(1)
      .split(',`')
      .map((value) => value.trim()),
  )
  const [count] = (lines[end + 1] ?? '').slice(1).split(',`')
  if (count !== String(rows.length)) throw new Unreadable('the bill has not as many rows as it says')
  return tableOf(names, rows).flatMap(readRow)
}

function readRow(row: BillRow): StatementRow[] {
  const orderId = row('商户订单号')
  const currency = row('货币种类')
  const at = readChina(row('交易时间'))
  const kind = row('交易状态')
  if (kind === 'SUCCESS') {
    const payment = {
      orderId,
      paymentId: row('微信订单号'),
      cash: readCash(row('订单金额'), currency),
      fee: readFee(row('手续费'), currency),
      payee: `${row('公众账号ID')}:${row('商户号')}`,
      paidAt: at,
    }
    return [{ kind: 'payment', payment }]
  }
  // Only payments by a code that the payer shows are revoked; there are none of ours.
  if (kind === 'REVOKED') return []
  if (kind !== 'REFUND') throw new Unreadable(`the bill has a row of kind ${kind}`)
  const state = REFUND_STATES.get(row('退款状态'))
  if (!state) throw new Unreadable(`the bill has a refund of state ${row('退款状态')}`)
  const refund = {
    refundId: row('商户退款单号'),
    reference: row('微信退款单号'),
    state,
    cash: readCash(row('申请退款金额'), currency),
    at,
  }
  return [{ kind: 'refund', orderId, refund }]
}

/** Fees have five places. Null for one that is not in whole fen: what is settled is rounded then, and this is not the place to guess how. */
function readFee(text: string, currency: string): Cash | null {
  return /\.\d\d0*$/.test(text) ? readCash(text, currency) : null
}
