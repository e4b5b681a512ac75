import type { Clock } from '../../base/index.ts'
import type { Gateway } from '../gateway.ts'

/** How to reach Alipay, and as whom. Keys in PEM. */
export type AlipaySettings = {
  /** The gateway's address; in production https://openapi.alipay.com/gateway.do, the default. */
  url?: string
  /** The application's number, such as 2021000000000000. */
  appId: string
  /** The merchant's, who is paid: 2088 and twelve more digits. */
  sellerId: string
  /** The application's private key (RSA, 2048 bits). */
  privateKey: string
  /** Alipay's public keys (public-key mode): any of them is accepted, so that a new one can stand beside the old while it changes. */
  alipayPublicKeys: readonly string[]
  /** Where Alipay sends its notices. */
  notifyUrl: string
  /** How long one attempt of a call may take; 10,000 by default. */
  timeoutMs?: number
}

/** Alipay's QR payments (precreate), over its V1 wire. */
export function openAlipayGateway(_settings: AlipaySettings, _clock: Clock): Gateway {
  throw new Error('Alipay: under way')
}
