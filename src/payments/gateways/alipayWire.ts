import { Unavailable, type Clock } from '../../base/index.ts'
import { GatewayRefused } from '../gateway.ts'
import type { AlipaySettings } from './alipay.ts'
import { formatChina } from './chinaTime.ts'
import { call, TIMEOUT_MS } from './call.ts'
import { readJson, Unreadable, type Fields } from './fields.ts'
import { readPrivateKey, readPublicKey, signRsa, verifyRsa } from './rsa.ts'

export type AlipayWire = {
  /**
   * Calls one of Alipay's methods.
   * @throws GatewayRefused for a business failure; Unavailable for any other, and for what is not signed by Alipay.
   */
  ask(method: string, content: object, more?: Record<string, string>): Promise<Fields>
  /** Whether Alipay signed this. */
  isSigned(content: string, signature: string): boolean
}

/** Failures of a business that pass by themselves, or when the merchant's account is filled. */
const PASSING = new Set(['ACQ.SYSTEM_ERROR', 'ACQ.SELLER_BALANCE_NOT_ENOUGH', 'ACQ.CONCURRENT_MODIFY_ERROR'])

/**
 * Alipay's V1 wire. It rather than V3, because here a failure is signed as a success is (V3's own library takes unsigned errors), and a
 * failure decides as much: whether an order is unknown, whether a refund may be given up.
 */
export function openAlipayWire(settings: AlipaySettings, clock: Clock): AlipayWire {
  const privateKey = readPrivateKey('Alipay', settings.privateKey)
  const publicKeys = settings.alipayPublicKeys.map((pem) => readPublicKey('Alipay', pem))
  const patience = { timeoutMs: settings.timeoutMs ?? TIMEOUT_MS }
  const isSigned = (content: string, signature: string) => publicKeys.some((key) => verifyRsa(content, signature, key))

  const request = (method: string, content: object, more: Record<string, string>) => {
    const common = {
      app_id: settings.appId,
      method,
      format: 'JSON',
      charset: 'utf-8',
      sign_type: 'RSA2',
      timestamp: formatChina(clock.now()),
      version: '1.0',
      ...more,
    }
    const biz_content = JSON.stringify(content)
    const sign = signRsa(signedText({ ...common, biz_content }), privateKey)
    const url = new URL(settings.url ?? 'https://openapi.alipay.com/gateway.do')
    // In the address, since Alipay reads the body in the charset that it finds there (GBK without one).
    url.search = new URLSearchParams({ ...common, sign }).toString()
    return {
      method: 'POST' as const,
      url: url.href,
      headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8', accept: 'application/json' },
      body: new URLSearchParams({ biz_content }).toString(),
    }
  }

  return {
    isSigned,
    async ask(method, content, more = {}) {
      const what = `Alipay ${method}`
      const { status, body } = await call(what, () => request(method, content, more), patience)
      if (status !== 200) throw new Unavailable(`${what} answers ${status}`)
      return judge(what, readSigned(what, body.toString(), `${method.replaceAll('.', '_')}_response`, isSigned))
    },
  }
}

/** What V1 signs of named values: all of them by name, as `k=v&k=v`. */
export function signedText(values: Record<string, string>): string {
  return Object.keys(values)
    .sort()
    .map((name) => `${name}=${values[name]}`)
    .join('&')
}

/** The inner object of a reply, `{"alipay_trade_query_response":{..},"sign":".."}`: its signature is over the very text of that. */
function readSigned(what: string, text: string, name: string, isSigned: AlipayWire['isSigned']): Fields {
  const outer = readJson(what, text)
  const members = membersOf(what, text)
  const inner = members.get(name) ?? members.get('error_response')
  if (inner === undefined) throw new Unreadable(`${what}: no ${name}`)
  const fields = readJson(what, inner)
  if (isSigned(inner, outer.maybe('sign') ?? '')) return fields
  // Requests that Alipay can't tell whose they are get unsigned errors. They are told, but nothing is decided by them.
  const code = members.has('error_response') ? `: ${fields.maybe('sub_code') ?? fields.maybe('code')}` : ''
  throw new Unavailable(`${what}: not signed by Alipay${code}`)
}

function judge(what: string, fields: Fields): Fields {
  const code = fields.text('code')
  if (code === '10000') return fields
  const reason = fields.maybe('sub_code') ?? code
  // 40004: the business failed. All others are about the service or our settings, and may be over once those are right.
  if (code === '40004' && !PASSING.has(reason))
    throw new GatewayRefused('alipay', reason, fields.maybe('sub_msg') ?? fields.maybe('msg') ?? '')
  throw new Unavailable(`${what}: ${reason}`)
}

/** The members of a JSON object as they are written. @throws Unreadable when it names a member twice. */
function membersOf(what: string, text: string): Map<string, string> {
  const members = new Map<string, string>()
  let at = skipBlanks(text, text.indexOf('{') + 1)
  while (text[at] === '"') {
    const nameEnd = skipValue(text, at)
    const from = skipBlanks(text, skipBlanks(text, nameEnd) + 1)
    const to = skipValue(text, from)
    const name: string = JSON.parse(text.slice(at, nameEnd))
    if (members.has(name)) throw new Unreadable(`${what}: ${name} stands twice`)
    members.set(name, text.slice(from, to).trimEnd())
    at = skipBlanks(text, to)
    if (text[at] === ',') at = skipBlanks(text, at + 1)
  }
  return members
}

function skipBlanks(text: string, at: number): number {
  while (at < text.length && ' \t\r\n'.includes(text[at]!)) at++
  return at
}

/** Where a value ends that begins here, in text known to be JSON. */
function skipValue(text: string, from: number): number {
  let depth = 0
  let quoted = false
  for (let at = from; at < text.length; at++) {
    const char = text[at]!
    if (quoted) {
      if (char === '\\') at++
      else if (char === '"') quoted = false
    } else if (char === '"') quoted = true
    else if ('{['.includes(char)) depth++
    else if ('}]'.includes(char) && depth > 0) depth--
    else if (depth === 0 && ',}]:'.includes(char)) return at
    if (depth === 0 && !quoted && '"}]'.includes(char)) return at + 1
  }
  return text.length
}
