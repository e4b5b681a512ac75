import { createCipheriv, createPublicKey, sign, verify, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import { nonce } from '../draw.ts'
import { currentSigner } from '../identity.ts'
import { nowOf, type Stand } from '../stand.ts'

const signLater = promisify(sign)
/** How far a request's time may be from ours. */
const CLOCK_SECONDS = 300

export type Request = { method: string; url: string; body: Buffer | undefined; authorization: string | undefined }

/** What is wrong with a request's signature; undefined where it is the merchant's. */
export function judgeSignature(stand: Stand, { method, url, body, authorization }: Request): string | undefined {
  const { mchId, serial, merchantKey } = stand.identity.wechat
  const [scheme, rest = ''] = (authorization ?? '').split(/ (.*)/s)
  if (scheme !== 'WECHATPAY2-SHA256-RSA2048')
    return 'Http头Authorization值格式错误，请参考《微信支付商户REST API签名规则》'
  const fields: Record<string, string> = {}
  for (const [, name, value] of rest.matchAll(/(\w+)="([^"]*)"/g)) fields[name!] = value!
  if (fields.mchid !== mchId) return '商户号不存在'
  if (fields.serial_no !== serial) return '商户证书序列号有误'
  const seconds = Number(fields.timestamp)
  const apart = Math.abs(stand.clock.now().epochMilliseconds / 1000 - seconds)
  // Written so that what is no number is refused too.
  if (!(apart <= CLOCK_SECONDS)) return 'Http头Authorization中的timestamp与发起请求的时间不得超过5分钟'
  const signed = Buffer.concat([
    Buffer.from(`${method}\n${url}\n${fields.timestamp}\n${fields.nonce_str}\n`),
    body ?? Buffer.alloc(0),
    Buffer.from('\n'),
  ])
  const key = createPublicKey(merchantKey)
  return verify('sha256', signed, key, Buffer.from(fields.signature ?? '', 'base64')) ? undefined : '签名错误'
}

/** The headers with which WeChat Pay signs an answer or a notice: by the key that was asked for, or else the one in use. */
export async function signedHeaders(
  stand: Stand,
  body: string,
  how: { wanted?: string | undefined; forged?: boolean; probe?: boolean; staleSeconds?: number } = {},
): Promise<Record<string, string>> {
  const { signers } = stand.identity.wechat
  const signer = signers.find(({ id }) => id === how.wanted) ?? currentSigner(stand.identity, 'wechat')
  const key = how.forged || how.probe ? stand.identity.stranger : signer.privateKey
  const timestamp = String(Math.floor(Date.parse(nowOf(stand)) / 1000) - (how.staleSeconds ?? 0))
  const word = nonce()
  const signature = await signRsa(`${timestamp}\n${word}\n${body}\n`, key)
  return {
    'wechatpay-timestamp': timestamp,
    'wechatpay-nonce': word,
    'wechatpay-serial': signer.id,
    'wechatpay-signature': how.probe ? `WECHATPAY/SIGNTEST/${signature}` : signature,
    'wechatpay-signature-type': 'WECHATPAY2-SHA256-RSA2048',
  }
}

/** AEAD_AES_256_GCM under the APIv3 key: ciphertext and tag in base64. */
export function seal(stand: Stand, text: string, about: string) {
  const word = nonce().slice(0, 12)
  const cipher = createCipheriv('aes-256-gcm', Buffer.from(stand.identity.wechat.apiV3Key), Buffer.from(word))
  cipher.setAAD(Buffer.from(about))
  const ciphertext = Buffer.concat([cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]).toString(
    'base64',
  )
  return { algorithm: 'AEAD_AES_256_GCM', ciphertext, associated_data: about, nonce: word }
}

async function signRsa(text: string, key: KeyObject): Promise<string> {
  return (await signLater('sha256', Buffer.from(text), key)).toString('base64')
}
