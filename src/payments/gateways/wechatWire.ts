import { randomBytes, type KeyObject } from 'node:crypto'
import { secondsOf, Unavailable, type Clock } from '../../base/index.ts'
import { GatewayRefused, type RawNotice } from '../gateway.ts'
import { call, TIMEOUT_MS, type Ask, type Patience, type Reply } from './call.ts'
import { fieldsOf, readJson, refuseNotice, type Fields } from './fields.ts'
import { readCertificate, readPrivateKey, readPublicKey, signRsa, verifyRsa, type Certified } from './rsa.ts'
import type { WechatSettings } from './wechat.ts'
import { decrypt, openWechatKeys } from './wechatKeys.ts'

export type WechatWire = {
  /**
   * Calls an address of the API, whose path begins with `/v3/`; an answer without a body has no fields.
   * @throws GatewayRefused for a signed no; Unavailable for any other failure, and for what is not signed by WeChat Pay.
   */
  ask(method: 'GET' | 'POST', path: string, content?: object): Promise<Fields>
  /** A file, from an address that an answer gave; files are not signed. */
  download(url: string, limit: number): Promise<Buffer>
  /** @throws Refusal bad_signature when WeChat Pay did not sign a notice; Unavailable when its key can't be had now. */
  verify(raw: RawNotice): Promise<RawNotice>
  /** A notice, and what it brings. */
  open(raw: RawNotice): { notice: Fields; content: Fields }
}
type Signed = { get(name: string): string | null | undefined; body: Buffer }

/** How far WeChat Pay's clock and ours may be apart. */
const CLOCK_SECONDS = 300
/** An answer to a notice is waited for 5 s; fetching a key must not take them all. */
const KEY_PATIENCE: Patience = { timeoutMs: 3_000, attempts: 1 }
/** WeChat Pay sends these now and then, to see that nobody takes them. */
const FAKE = 'WECHATPAY/SIGNTEST/'
const WRONG = 'the signature is wrong'
/** A no that passes by itself, or when the merchant's account is filled. */
const PASSING = new Set(['SYSTEM_ERROR', 'FREQUENCY_LIMITED', 'NOT_ENOUGH', 'BIZERR_NEED_RETRY'])

export function openWechatWire(settings: WechatSettings, clock: Clock): WechatWire {
  const base = settings.url ?? 'https://api.mch.weixin.qq.com'
  const apiV3Key = Buffer.from(settings.apiV3Key)
  if (apiV3Key.length !== 32) throw new Error('WeChat Pay: the APIv3 key has not 32 bytes')
  const patience = { timeoutMs: settings.timeoutMs ?? TIMEOUT_MS }
  const publicKeys = new Map(
    Object.entries(settings.publicKeys).map(([id, pem]) => [id, readPublicKey('WeChat Pay', pem)]),
  )
  // Answers are asked to be signed with it, which merchants need who change from certificates.
  const [publicKeyId] = publicKeys.keys()
  const request = openSigner(settings, publicKeyId, clock)

  const fetchCertificates = async () => {
    const what = "WeChat Pay's certificates"
    const reply = await call(what, () => request('GET', `${base}/v3/certificates`, ''), KEY_PATIENCE)
    // 404: the merchant has none, which is told under the public key.
    if (reply.status !== 200 && reply.status !== 404) throw new Unavailable(`${what} answer ${reply.status}`)
    const certificates = readCertificates(what, reply.body, apiV3Key)
    // None but WeChat Pay has the key with which they are encrypted, so that one of themselves may sign them.
    const signed = signedOf(reply)
    const serial = signed.get('wechatpay-serial') ?? ''
    const key = publicKeys.get(serial) ?? certificates.get(serial)?.key
    const fault = faultOf(signed, clock) ?? (key && isSigned(signed, key) ? null : WRONG)
    if (fault !== null) throw new Unavailable(`${what}: ${fault}`)
    return certificates
  }
  const keys = openWechatKeys(publicKeys, fetchCertificates, clock)

  /** Why this is not from WeChat Pay, or null where it is. */
  const verify = async (signed: Signed): Promise<string | null> => {
    const fault = faultOf(signed, clock)
    if (fault !== null) return fault
    const key = await keys.find(signed.get('wechatpay-serial')!)
    if (!key) return 'the serial is not one of WeChat Pay'
    return isSigned(signed, key) ? null : WRONG
  }

  return {
    async ask(method, path, content) {
      const what = `WeChat Pay ${method} ${path.split('?')[0]}`
      const body = content ? JSON.stringify(content) : ''
      const reply = await call(what, () => request(method, base + path, body), patience)
      return judge(what, reply, await verify(signedOf(reply)))
    },
    async download(url, limit) {
      const what = "WeChat Pay's file"
      const { status, body } = await call(what, () => request('GET', url, ''), { ...patience, limit })
      if (status !== 200) throw new Unavailable(`${what} answers ${status}`)
      return body
    },
    async verify(raw) {
      const fault = await verify({ get: (name) => raw.headers[name], body: raw.body })
      if (fault !== null) throw refuseNotice('wechat', fault)
      return raw
    },
    open({ body }) {
      const notice = readJson('the notice', body)
      return { notice, content: readJson('what the notice brings', decrypt(notice.object('resource'), apiV3Key)) }
    },
  }
}

/** Makes requests; each is signed for the moment. */
function openSigner({ mchId, serial, privateKey }: WechatSettings, publicKeyId: string | undefined, clock: Clock) {
  const key = readPrivateKey('WeChat Pay', privateKey)
  return (method: 'GET' | 'POST', url: string, body: string): Ask => {
    const { pathname, search } = new URL(url)
    const timestamp = String(secondsOf(clock.now()))
    const nonce = randomBytes(16).toString('hex')
    const signature = signRsa(`${method}\n${pathname}${search}\n${timestamp}\n${nonce}\n${body}\n`, key)
    const claims = { mchid: mchId, nonce_str: nonce, signature, timestamp, serial_no: serial }
    const authorization = Object.entries(claims).map(([name, value]) => `${name}="${value}"`)
    const headers = {
      accept: 'application/json',
      // Requests without one are refused.
      'user-agent': 'corehour',
      authorization: `WECHATPAY2-SHA256-RSA2048 ${authorization.join(',')}`,
      ...(publicKeyId && { 'wechatpay-serial': publicKeyId }),
      ...(body && { 'content-type': 'application/json' }),
    }
    return { method, url, headers, ...(body && { body }) }
  }
}

function readCertificates(what: string, body: Buffer, apiV3Key: Buffer): Map<string, Certified> {
  const listed = readJson(what, body).list('data')
  return new Map(
    listed.map((each) => {
      const pem = decrypt(each.object('encrypt_certificate'), apiV3Key)
      return [each.text('serial_no'), readCertificate(what, pem)]
    }),
  )
}

function signedOf({ headers, body }: Reply): Signed {
  return { get: (name) => headers.get(name), body }
}

/** What can be said before the key is known. */
function faultOf(signed: Signed, clock: Clock): string | null {
  const names = ['timestamp', 'nonce', 'serial', 'signature'].map((name) => `wechatpay-${name}`)
  if (names.some((name) => !signed.get(name))) return 'it is not signed'
  if (signed.get('wechatpay-signature')!.startsWith(FAKE)) return 'the signature is a test one'
  const timestamp = signed.get('wechatpay-timestamp')!
  if (!/^\d{1,12}$/.test(timestamp) || Math.abs(secondsOf(clock.now()) - Number(timestamp)) > CLOCK_SECONDS)
    return `it was not signed within ${CLOCK_SECONDS} s of now`
  return null
}

function isSigned(signed: Signed, key: KeyObject): boolean {
  const head = Buffer.from(`${signed.get('wechatpay-timestamp')}\n${signed.get('wechatpay-nonce')}\n`)
  const content = Buffer.concat([head, signed.body, Buffer.from('\n')])
  return verifyRsa(content, signed.get('wechatpay-signature')!, key)
}

/**
 * Answers to requests that were rightly signed are signed too, whatever they say (docs: a success without a signature is forged). So a no decides
 * something only where it is signed: a refund is not given up because a proxy says 403.
 */
function judge(what: string, { status, body }: Reply, fault: string | null): Fields {
  if (status < 300) {
    if (fault !== null) throw new Unavailable(`${what}: ${fault}`)
    return body.length > 0 ? readJson(what, body) : fieldsOf(what, {})
  }
  if (fault !== null) throw new Unavailable(`${what} answers ${status}: ${fault}`)
  const answer = readJson(what, body)
  const code = answer.text('code')
  if (status === 401 || PASSING.has(code)) throw new Unavailable(`${what}: ${code}`)
  throw new GatewayRefused('wechat', code, answer.maybe('message') ?? '')
}
