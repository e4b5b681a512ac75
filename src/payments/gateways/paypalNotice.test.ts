import assert from 'node:assert/strict'
import { createPrivateKey, createSign } from 'node:crypto'
import { test } from 'node:test'
import { crc32 } from 'node:zlib'
import { makeCertificate } from '../../../sandbox/certificate.ts'
import type { RawNotice } from '../gateway.ts'
import {
  capture,
  desk,
  json,
  MERCHANT,
  openDesk,
  order,
  orderWith,
  payment,
  refund,
  refundOrder,
} from './paypal.fixture.ts'
import { drawKeys } from './vendor.fixture.ts'

openDesk()

const [keys, strange] = [drawKeys(), drawKeys()]
const SERIAL = '4C00000000000000000000000000000000000003'
const certificate = makeCertificate(createPrivateKey(keys.privateKey), SERIAL, 'messageverificationcerts.paypal.com')

type How = { key?: string; webhookId?: string; url?: string; headers?: Record<string, string> }

/** A webhook, signed as PayPal's documents say: over the id, the time, the webhook's id and the CRC-32 of the body. */
function noticeOf(event_type: string, resource: object, how: How = {}): RawNotice {
  const body = JSON.stringify({
    id: 'WH-1-2',
    create_time: '2026-11-27T12:05:01.123Z',
    event_type,
    resource,
    event_version: '1.0',
  })
  const [id, at] = ['b1d2', '2026-11-27T12:05:02Z']
  const text = `${id}|${at}|${how.webhookId ?? desk.settings.webhookId}|${crc32(body)}`
  const headers = {
    'paypal-transmission-id': id,
    'paypal-transmission-time': at,
    'paypal-transmission-sig': createSign('RSA-SHA256')
      .update(text)
      .sign(how.key ?? keys.privateKey, 'base64'),
    'paypal-cert-url': how.url ?? `${desk.vendor.url}/v1/notifications/certs/CERT-1`,
    'paypal-auth-algo': 'SHA256withRSA',
    ...how.headers,
  }
  return { method: 'POST', path: '/notices/paypal', headers, body: Buffer.from(body) }
}
const serve = (body = certificate) => desk.vendor.answer(() => ({ body }))

test('notices, by a certificate that is fetched once', async () => {
  serve()
  const about = async (type: string, resource: object) =>
    (await desk.gateway.readNotice(noticeOf(type, resource))).about
  assert.deepEqual(await desk.gateway.readNotice(noticeOf('PAYMENT.CAPTURE.COMPLETED', capture)), {
    noticeId: 'WH-1-2',
    at: Temporal.Instant.from('2026-11-27T12:05:01.123Z'),
    about: { kind: 'payment', payment },
  })
  const elsewhere = { ...capture, payee: { merchant_id: 'MERCHANT00009' } }
  const other = await about('PAYMENT.CAPTURE.COMPLETED', elsewhere)
  assert.ok(other.kind === 'payment' && other.payment.payee === 'MERCHANT00009' && desk.gateway.payee === MERCHANT)
  assert.deepEqual(await about('CHECKOUT.ORDER.APPROVED', orderWith('APPROVED')), {
    kind: 'approval',
    orderId: order.orderId,
  })
  const done = {
    refundId: refundOrder.refundId,
    reference: refund.id,
    state: 'done',
    cash: refundOrder.cash,
    at: Temporal.Instant.from('2026-11-27T12:10:00Z'),
  }
  assert.deepEqual(await about('PAYMENT.CAPTURE.REFUNDED', refund), { kind: 'refund', refund: done })
  assert.deepEqual(await about('PAYMENT.REFUND.FAILED', { ...refund, status: 'FAILED' }), {
    kind: 'refund',
    refund: { ...done, state: 'failed' },
  })
  assert.deepEqual(await about('PAYMENT.CAPTURE.REVERSED', { id: '1' }), {
    kind: 'other',
    what: 'PAYMENT.CAPTURE.REVERSED 1',
  })
  assert.equal(desk.vendor.seen.length, 1)
  assert.equal(desk.vendor.seen[0]!.headers.authorization, undefined)
})

test('a notice that PayPal did not sign, or not for this webhook, is refused', async () => {
  serve()
  const good = noticeOf('PAYMENT.CAPTURE.COMPLETED', capture)
  const changed = (how: How) => noticeOf('PAYMENT.CAPTURE.COMPLETED', capture, how)
  const more = (headers: Record<string, string>) => changed({ headers })
  const base = desk.vendor.url
  const cases: [RawNotice, RegExp][] = [
    [{ ...good, body: Buffer.from(good.body.toString().replace('28.05', '28.06')) }, /signature is wrong/],
    [more({ 'paypal-transmission-time': '2026-11-27T12:05:03Z' }), /signature is wrong/],
    [more({ 'paypal-transmission-sig': 'AAAA' }), /signature is wrong/],
    [more({ 'paypal-transmission-sig': '' }), /no paypal-transmission-sig/],
    [more({ 'paypal-auth-algo': 'SHA1withRSA' }), /SHA256withRSA/],
    [changed({ webhookId: 'ANOTHER' }), /signature is wrong/],
    [changed({ key: strange.privateKey }), /signature is wrong/],
    // Certificates that lie elsewhere are not even asked for.
    [changed({ url: 'https://evil.example/v1/notifications/certs/CERT-1' }), /does not lie at PayPal/],
    [changed({ url: `${base}.evil.example/v1/notifications/certs/CERT-1` }), /does not lie at PayPal/],
    [changed({ url: `${base}/v1/notifications/certs/../../../CERT-1` }), /does not lie at PayPal/],
    [changed({ url: `${base}/v1/notifications/certs/%2e%2e/CERT-1` }), /does not lie at PayPal/],
    [changed({ url: 'CERT-1' }), /does not lie at PayPal/],
    [
      noticeOf('PAYMENT.CAPTURE.COMPLETED', { ...capture, amount: { value: '28.055', currency_code: 'USD' } }),
      /plain decimal/,
    ],
    [noticeOf('PAYMENT.CAPTURE.COMPLETED', { ...capture, id: '' }), /no usable id/],
  ]
  for (const [notice, detail] of cases)
    await assert.rejects(
      desk.gateway.readNotice(notice),
      (error: Error & { code: string; details: { detail: string } }) => {
        assert.equal(error.code, 'bad_signature', String(detail))
        assert.match(error.details.detail, detail)
        return true
      },
    )
  assert.equal(desk.vendor.seen.length, 1)
})

test("PayPal's own addresses are the default", async () => {
  const { certificateUrls: _, ...settings } = desk.settings
  const { openPaypalGateway } = await import('./paypal.ts')
  await assert.rejects(openPaypalGateway(settings, desk.clock).readNotice(noticeOf('X', {})), { code: 'bad_signature' })
  assert.equal(desk.vendor.seen.length, 0)
})

test('a certificate that can not be had, is none, or has ended', async () => {
  const fails = async (expected: object) =>
    assert.rejects(desk.gateway.readNotice(noticeOf('PAYMENT.CAPTURE.COMPLETED', capture)), expected)
  desk.vendor.answer(() => ({ status: 503 }))
  await fails({ name: 'Unavailable' })
  desk.vendor.answer(() => json({}, 404))
  await fails({ code: 'bad_signature' })
  serve('<html>')
  await fails({ name: 'Unreadable' })
  serve('x'.repeat(50_001))
  await fails({ name: 'Unavailable' })
  serve()
  assert.equal((await desk.gateway.readNotice(noticeOf('PAYMENT.CAPTURE.COMPLETED', capture))).about.kind, 'payment')
  desk.clock.set('2100-01-01T00:00:00Z')
  await fails({ code: 'bad_signature' })
})
