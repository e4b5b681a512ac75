import assert from 'node:assert/strict'
import { createPrivateKey } from 'node:crypto'
import { test } from 'node:test'
import { AlipaySdk } from 'alipay-sdk'
import { APP, app, openDesk, order, refundOrder, SELLER, vendorKeys } from './alipay.fixture.ts'
import { signRsa } from './rsa.ts'

const desk = openDesk()

/** As Alipay sends it: a form, signed without `sign_type`. */
function noticeOf(fields: Record<string, string>, key = vendorKeys.privateKey) {
  const text = (values: Record<string, string>) =>
    Object.keys(values)
      .sort()
      .map((name) => `${name}=${values[name]}`)
      .join('&')
  const values = { ...fields, sign: signRsa(text(fields), createPrivateKey(key)), sign_type: 'RSA2' }
  return values
}
const raw = (values: Record<string, string>) => ({
  method: 'POST',
  path: '/notices/alipay',
  headers: {},
  body: Buffer.from(new URLSearchParams(values).toString()),
})
const told = {
  notify_id: '2026112700222200510',
  notify_time: '2026-11-27 20:05:01',
  notify_type: 'trade_status_sync',
  app_id: APP,
  seller_id: SELLER,
  out_trade_no: order.orderId,
  trade_no: '2026112722001400001',
  trade_status: 'TRADE_SUCCESS',
  total_amount: '200.50',
  refund_fee: '0.00',
  gmt_payment: '2026-11-27 20:05:00',
  subject: 'Corehour 充值 100% + a=b&c',
  fund_bill_list: '[{"amount":"200.50","fundChannel":"PCREDIT"}]',
}

const library = () =>
  new AlipaySdk({ appId: APP, privateKey: app.privateKey, keyType: 'PKCS8', alipayPublicKey: vendorKeys.publicKey })

test('a notice of a payment, as the library verifies it too', async () => {
  const values = noticeOf(told)
  assert.ok(library().checkNotifySignV2(values))
  const notice = await desk.gateway.readNotice(raw(values))
  assert.deepEqual(notice, {
    noticeId: '2026112700222200510',
    at: Temporal.Instant.from('2026-11-27T12:05:01Z'),
    about: {
      kind: 'payment',
      payment: {
        orderId: order.orderId,
        paymentId: '2026112722001400001',
        cash: order.cash,
        fee: null,
        payee: `${APP}:${SELLER}`,
        paidAt: Temporal.Instant.from('2026-11-27T12:05:00Z'),
      },
    },
  })
  // Another app or seller, rightly signed: it is told, and differs from the gateway's.
  for (const other of [{ app_id: '2021000000000009' }, { seller_id: '2088000000000009' }]) {
    const { about } = await desk.gateway.readNotice(raw(noticeOf({ ...told, ...other })))
    assert.ok(about.kind === 'payment' && about.payment.payee !== desk.gateway.payee)
  }
})

test('notices that are not of a payment', async () => {
  const about = async (more: Record<string, string>) =>
    (await desk.gateway.readNotice(raw(noticeOf({ ...told, ...more })))).about
  const refund = { refund_fee: '0.50', gmt_refund: '2026-11-27 20:10:00.123', out_biz_no: refundOrder.refundId }
  assert.deepEqual(await about(refund), {
    kind: 'refund',
    refund: {
      refundId: refundOrder.refundId,
      reference: '2026112722001400001',
      state: 'done',
      cash: null,
      at: Temporal.Instant.from('2026-11-27T12:10:00.123Z'),
    },
  })
  assert.equal((await about({ ...refund, trade_status: 'TRADE_CLOSED' })).kind, 'refund')
  assert.deepEqual(await about({ trade_status: 'WAIT_BUYER_PAY' }), {
    kind: 'other',
    what: `WAIT_BUYER_PAY ${order.orderId}`,
  })
  assert.equal((await about({ trade_status: 'TRADE_CLOSED' })).kind, 'other')
})

test('a notice that Alipay did not sign, or that is not for us, is refused', async () => {
  const values: Record<string, string> = noticeOf(told)
  const cases: [Record<string, string>, RegExp][] = [
    [{ ...values, total_amount: '2000.50' }, /signature/],
    [{ ...values, app_id: '2021000000000009' }, /signature/],
    [{ ...values, more: 'x' }, /signature/],
    [{ ...values, sign: '' }, /signature/],
    [{ ...values, sign: 'not base64 at all' }, /signature/],
    [noticeOf(told, app.privateKey), /signature/],
    [{ ...values, sign_type: 'RSA' }, /RSA2/],
    [{}, /RSA2/],
    [noticeOf({ ...told, trade_status: 'TRADE_CLOSED', seller_id: '2088000000000009' }), /another app or seller/],
    [noticeOf({ ...told, total_amount: '200.505' }), /plain decimal/],
    [noticeOf({ ...told, notify_time: 'yesterday' }), /a time/],
    [noticeOf({ ...told, trade_no: '' }), /trade_no/],
  ]
  for (const [each, detail] of cases)
    await assert.rejects(
      desk.gateway.readNotice(raw(each)),
      (error: Error & { code: string; details: { detail: string } }) => {
        assert.equal(error.code, 'bad_signature')
        assert.match(error.details.detail, detail)
        return true
      },
    )
  const twice = raw(values)
  twice.body = Buffer.from(`${twice.body}&total_amount=2000.50`)
  await assert.rejects(desk.gateway.readNotice(twice), { code: 'bad_signature' })
  assert.equal(desk.gateway.thanks.body, 'success')
})
