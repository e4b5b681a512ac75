import type { Clock } from '../../base/index.ts'
import type { Gateway } from '../gateway.ts'

/** How to reach PayPal, and as whom. */
export type PaypalSettings = {
  /** The address; in production https://api-m.paypal.com, the default. */
  url?: string
  clientId: string
  clientSecret: string
  /** The merchant's PayPal id, who is paid. */
  merchantId: string
  /** The id of the webhook that leads here: it is part of what PayPal signs. */
  webhookId: string
  /** What payers are charged in, such as USD; never CNY, which PayPal keeps for accounts within China. */
  currency: string
  /** Where PayPal sends the payer back to: after agreeing, and after leaving it. */
  returnUrl: string
  cancelUrl: string
  /**
   * Where the certificates of webhooks may lie: their addresses must begin with one of these. By default PayPal's own,
   * https://api.paypal.com/v1/notifications/certs/ and https://api-m.paypal.com/v1/notifications/certs/.
   */
  certificateUrls?: readonly string[]
  /** How long one attempt of a call may take; 10,000 by default. */
  timeoutMs?: number
}

/** PayPal's orders (v2), captured as soon as the payer has agreed. */
export function openPaypalGateway(_settings: PaypalSettings, _clock: Clock): Gateway {
  throw new Error('PayPal: under way')
}
