import type { Clock } from '../../base/index.ts'
import type { Gateway } from '../gateway.ts'

/** How to reach WeChat Pay (API v3), and as whom. Keys in PEM. */
export type WechatSettings = {
  /** The address; in production https://api.mch.weixin.qq.com, the default. */
  url?: string
  appId: string
  /** The merchant's number. */
  mchId: string
  /** The serial of the merchant's API certificate, in hex. */
  serial: string
  /** The private key of that certificate. */
  privateKey: string
  /** The APIv3 key: 32 bytes, with which notices and certificates are encrypted. */
  apiV3Key: string
  /**
   * WeChat Pay's public keys by their ids (`PUB_KEY_ID_..`). What is signed with a platform certificate instead is verified with
   * certificates that are fetched from WeChat Pay and change by themselves; an older merchant has only those, and leaves this empty.
   */
  publicKeys: Readonly<Record<string, string>>
  /** Where WeChat Pay sends its notices: https, without a query. */
  notifyUrl: string
  /** How long one attempt of a call may take; 10,000 by default. */
  timeoutMs?: number
}

/** WeChat Pay's QR payments (native). */
export function openWechatGateway(_settings: WechatSettings, _clock: Clock): Gateway {
  throw new Error('WeChat Pay: under way')
}
