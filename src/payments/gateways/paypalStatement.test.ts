import assert from 'node:assert/strict'
import { test } from 'node:test'
import { capture, desk, json, money, openDesk, order, payment, refund, refundOrder } from './paypal.fixture.ts'

openDesk()

const DAY = Temporal.PlainDate.from('2026-11-26')
const row = (more: object) => ({
  transaction_info: {
    transaction_id: capture.id,
    transaction_event_code: 'T0006',
    transaction_initiation_date: '2026-11-26T12:05:00+0000',
    transaction_amount: money('28.05'),
    fee_amount: money('-1.53'),
    transaction_status: 'S',
    invoice_id: order.orderId,
    custom_field: order.orderId,
    ...more,
  },
})
const back = {
  transaction_id: refund.id,
  transaction_event_code: 'T1107',
  transaction_amount: money('-0.50'),
  fee_amount: undefined,
  paypal_reference_id: capture.id,
  paypal_reference_id_type: 'TXN',
  invoice_id: refundOrder.refundId,
}
/** Pages of a search, which says when it was last brought up to date. */
function answerPages(pages: object[][], refreshed = '2026-11-27T11:29:59+0000'): void {
  desk.answer(({ query }) =>
    json({
      transaction_details: pages[Number(query.get('page')) - 1],
      total_pages: pages.length,
      last_refreshed_datetime: refreshed,
    }),
  )
}

test('a day in UTC, over all its pages: payments and refunds, nothing else', async () => {
  const told = { ...payment, paidAt: Temporal.Instant.from('2026-11-26T12:05:00Z') }
  answerPages([
    [row({}), row({ transaction_status: 'P' }), row({ transaction_status: 'D' })],
    [row(back), row({ transaction_event_code: 'T0400', transaction_amount: money('-20.00') })],
    [
      row({
        transaction_status: 'V',
        transaction_amount: money('1000', 'JPY'),
        fee_amount: undefined,
        custom_field: '',
      }),
    ],
  ])
  assert.deepEqual(await desk.gateway.statement(DAY), [
    { kind: 'payment', payment: told },
    {
      kind: 'refund',
      orderId: order.orderId,
      refund: {
        refundId: refundOrder.refundId,
        reference: refund.id,
        state: 'done',
        cash: refundOrder.cash,
        at: Temporal.Instant.from('2026-11-26T12:05:00Z'),
      },
    },
    { kind: 'payment', payment: { ...told, orderId: '', cash: { currency: 'JPY', minor: 1_000n }, fee: null } },
  ])
  const asked = desk.calls().map(({ query }) => Object.fromEntries(query))
  const search = {
    start_date: '2026-11-26T00:00:00Z',
    end_date: '2026-11-26T23:59:59Z',
    fields: 'transaction_info',
    page_size: '500',
  }
  assert.deepEqual(
    asked,
    ['1', '2', '3'].map((page) => ({ ...search, page })),
  )
})

test('a day whose transactions are not all out yet', async () => {
  answerPages([[]])
  await assert.rejects(desk.gateway.statement(Temporal.PlainDate.from('2026-11-27')), {
    name: 'Unavailable',
    message: /not all out/,
  })
  assert.equal(desk.calls().length, 0)
  answerPages([[]], '2026-11-26T23:59:58+0000')
  await assert.rejects(desk.gateway.statement(DAY), { name: 'Unavailable', message: /not all out/ })
  answerPages([[]])
  assert.deepEqual(await desk.gateway.statement(DAY), [])
  desk.answer(() => json({ transaction_details: [], total_pages: 201 }))
  await assert.rejects(desk.gateway.statement(DAY), { name: 'Unavailable', message: /too many/ })
  desk.answer(() => json({ transaction_details: 'none', total_pages: 1 }))
  await assert.rejects(desk.gateway.statement(DAY), { name: 'Unreadable' })
})
