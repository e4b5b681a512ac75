import { crc32 } from 'node:zlib'
import { Unavailable, type Clock } from '../../base/index.ts'
import type { Notice, RawNotice } from '../gateway.ts'
import { call } from './call.ts'
import { readJson, refuseNotice, type Fields } from './fields.ts'
import type { PaypalSettings } from './paypal.ts'
import { readCapture, readRefund } from './paypalMoney.ts'
import { isValid, readCertificate, verifyRsa, type Certified } from './rsa.ts'

const PAYPAL_CERTIFICATES = [
  'https://api.paypal.com/v1/notifications/certs/',
  'https://api-m.paypal.com/v1/notifications/certs/',
]
/** PayPal waits 30 s for an answer. */
const CERTIFICATE_PATIENCE = { timeoutMs: 5_000, attempts: 2, limit: 50_000 }
/** One or two are in use at a time. */
const CERTIFICATES_KEPT = 16

/**
 * Verifies webhooks here, without asking PayPal: what is signed is `id|time|webhook id|CRC-32 of the body`, and whose certificate it is tells the
 * address where it lies, which must be PayPal's. Retries of three days and resends by hand carry the time of the first sending, so that there
 * is no age at which a webhook is stale; its id makes a repeat harmless.
 */
export function openPaypalVerifier(settings: PaypalSettings, clock: Clock): (raw: RawNotice) => Promise<RawNotice> {
  const findCertificate = openCertificates(settings.certificateUrls ?? PAYPAL_CERTIFICATES, clock)
  return async (raw) => {
    if (headerOf(raw, 'paypal-auth-algo') !== 'SHA256withRSA')
      throw refuseNotice('paypal', 'it is not signed with SHA256withRSA')
    const signed = [
      headerOf(raw, 'paypal-transmission-id'),
      headerOf(raw, 'paypal-transmission-time'),
      settings.webhookId,
      crc32(raw.body),
    ].join('|')
    const signature = headerOf(raw, 'paypal-transmission-sig')
    const certificate = await findCertificate(headerOf(raw, 'paypal-cert-url'))
    if (!verifyRsa(signed, signature, certificate.key)) throw refuseNotice('paypal', 'the signature is wrong')
    return raw
  }
}

export function readPaypalNotice({ body }: RawNotice, merchantId: string): Notice {
  const event = readJson('the webhook', body)
  const about = readAbout(event.text('event_type'), event.object('resource'), merchantId)
  return { noticeId: event.text('id'), at: event.instant('create_time'), about }
}

function headerOf({ headers }: RawNotice, name: string): string {
  const value = headers[name]
  if (!value) throw refuseNotice('paypal', `it has no ${name}`)
  return value
}

/** Fetches certificates by their address, and keeps them. */
function openCertificates(allowed: readonly string[], clock: Clock): (url: string) => Promise<Certified> {
  const kept = new Map<string, Certified>()
  return async (text) => {
    // As fetch will read it, so that no `..` leads elsewhere.
    const url = URL.parse(text)?.href
    if (!url || !allowed.some((prefix) => url.startsWith(prefix)))
      throw refuseNotice('paypal', 'its certificate does not lie at PayPal')
    const certificate = kept.get(url) ?? (await fetchCertificate(url))
    if (!isValid(certificate, clock.now())) throw refuseNotice('paypal', 'its certificate is not valid now')
    if (kept.size >= CERTIFICATES_KEPT) kept.clear()
    kept.set(url, certificate)
    return certificate
  }
}

async function fetchCertificate(url: string): Promise<Certified> {
  const what = "PayPal's certificate"
  const { status, body } = await call(what, () => ({ method: 'GET', url }), CERTIFICATE_PATIENCE)
  if (status === 404) throw refuseNotice('paypal', 'PayPal has no such certificate')
  if (status !== 200) throw new Unavailable(`${what} answers ${status}`)
  return readCertificate(what, body.toString())
}

function readAbout(type: string, resource: Fields, merchantId: string): Notice['about'] {
  if (type === 'CHECKOUT.ORDER.APPROVED') {
    const [unit] = resource.list('purchase_units')
    // An order that another of the merchant's systems has made.
    if (!unit?.has('custom_id')) return { kind: 'other', what: `${type} ${resource.text('id')}` }
    return { kind: 'approval', orderId: unit.text('custom_id') }
  }
  if (type === 'PAYMENT.CAPTURE.COMPLETED') {
    const payee = resource.has('payee') ? resource.object('payee').text('merchant_id') : merchantId
    return { kind: 'payment', payment: readCapture(resource, payee) }
  }
  // The third and fourth tell of what has not come to its end, or came to a bad one.
  if (['PAYMENT.CAPTURE.REFUNDED', 'PAYMENT.REFUND.PENDING', 'PAYMENT.REFUND.FAILED'].includes(type))
    return { kind: 'refund', refund: readRefund(resource) }
  return { kind: 'other', what: `${type} ${resource.maybe('id') ?? ''}`.trim() }
}
