import { sign } from 'node:crypto'
import { promisify } from 'node:util'
import { crc32 } from 'node:zlib'
import { addSeconds, utcSeconds } from '../clock.ts'
import { paypalId } from '../draw.ts'
import { currentSigner } from '../identity.ts'
import { share } from '../money.ts'
import { nowOf, type Stand } from '../stand.ts'
import type { Trade } from '../store.ts'
import type { Draft, Vendor } from '../vendor.ts'
import { describeCapture, describeOrder, describeRefund } from './describe.ts'

const signLater = promisify(sign)
const MINUTE = 60
const HOUR = 3600
const EVENT_NAMES: Record<string, string> = {
  'CHECKOUT.ORDER.APPROVED': 'An order has been approved by buyer',
  'PAYMENT.CAPTURE.COMPLETED': 'Payment completed',
  'PAYMENT.CAPTURE.REFUNDED': 'A refund was issued',
  'PAYMENT.REFUND.FAILED': 'A refund failed',
}

export const paypal: Vendor = {
  // PayPal says 25 times over three days and not when: ours double from a minute to four hours, and end after three days.
  intervals: Array.from({ length: 25 }, (_, sent) => Math.min(MINUTE * 2 ** sent, 4 * HOUR)),
  patienceMs: 30_000,
  drawPaymentId: () => paypalId(),
  feeOf: (minor) => share(minor, 44n) + 30n,
  payee: ({ identity: { paypal: me } }) => ({ app: me.clientId, seller: me.merchantId }),

  tellPayment: (stand, trade, payment) =>
    draft(stand, 'PAYMENT.CAPTURE.COMPLETED', 'capture', describeCapture(stand, trade, payment)),
  tellRefund(stand, trade, payment, refund) {
    const kind = refund.state === 'success' ? 'PAYMENT.CAPTURE.REFUNDED' : 'PAYMENT.REFUND.FAILED'
    return draft(stand, kind, 'refund', describeRefund(stand, trade, payment, refund))
  },

  async dress(stand, notice, manner) {
    const { stranger, paypal: me } = stand.identity
    const signer = currentSigner(stand.identity, 'paypal')
    const body = notice.content
    // Every retry is the same transmission, with the time of the first.
    const id = notice.noticeId.slice(3).toLowerCase()
    const at = utcSeconds(addSeconds(notice.madeAt, -(manner.staleSeconds ?? 0)))
    // docs: https://developer.paypal.com/api/rest/webhooks/rest/#link-messagesignature
    const signed = `${id}|${at}|${me.webhookId}|${crc32(body)}`
    const signature = await signLater('sha256', Buffer.from(signed), manner.forged ? stranger : signer.privateKey)
    return {
      headers: {
        'content-type': 'application/json',
        'user-agent': 'PayPal/AUHD-214.0-58763204',
        'paypal-transmission-id': id,
        'paypal-transmission-time': at,
        'paypal-transmission-sig': signature.toString('base64'),
        'paypal-cert-url': `${stand.address()}/v1/notifications/certs/${signer.id}`,
        'paypal-auth-algo': 'SHA256withRSA',
        'paypal-auth-version': 'v2',
      },
      body,
    }
  },

  isThanks: (status) => status >= 200 && status < 300,
}

export function tellApproval(stand: Stand, trade: Trade): Draft {
  return draft(stand, 'CHECKOUT.ORDER.APPROVED', 'checkout-order', describeOrder(stand, trade))
}

/** An event for the registered webhook; without one PayPal says nothing. */
function draft(stand: Stand, kind: string, type: string, resource: object) {
  const url = stand.store.setting('paypal_webhook')
  if (!url) return null
  const noticeId = `WH-${paypalId()}-${paypalId()}`
  const event = {
    id: noticeId,
    event_version: '1.0',
    create_time: nowOf(stand),
    resource_type: type,
    resource_version: '2.0',
    event_type: kind,
    summary: EVENT_NAMES[kind],
    resource,
    links: [{ href: `${stand.address()}/v1/notifications/webhooks-events/${noticeId}`, rel: 'self', method: 'GET' }],
  }
  return { noticeId, url, kind, content: JSON.stringify(event) }
}
