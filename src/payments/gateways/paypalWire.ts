import { Unavailable, type Clock } from '../../base/index.ts'
import { GatewayRefused } from '../gateway.ts'
import { call, TIMEOUT_MS, type Reply } from './call.ts'
import { fieldsOf, readJson, Unreadable, type Fields } from './fields.ts'
import type { PaypalSettings } from './paypal.ts'

export type PaypalWire = {
  /**
   * Calls an address of the API; an answer without a body has no fields.
   * @param requestId by which PayPal knows a repeat: six hours for orders, 45 days for refunds.
   * @throws GatewayRefused for a no; Unavailable for any other failure.
   */
  ask(method: 'GET' | 'POST', path: string, more?: { content?: object; requestId?: string }): Promise<Fields>
}

/** So long before its end a token is no longer used, since calls take a while. */
const SPARE_SECONDS = 60
/** A no that passes by itself, or when the merchant's account is filled or has its permission. */
const PASSING_STATUS = new Set([401, 403, 409])
const PASSING = new Set(['REFUND_FAILED_INSUFFICIENT_FUNDS', 'INTERNAL_SERVICE_ERROR'])

export function openPaypalWire(settings: PaypalSettings, clock: Clock): PaypalWire {
  const base = settings.url ?? 'https://api-m.paypal.com'
  const patience = { timeoutMs: settings.timeoutMs ?? TIMEOUT_MS }
  const tokens = openTokens(base, settings, patience.timeoutMs, clock)

  const askOnce = async (
    method: 'GET' | 'POST',
    path: string,
    content?: object,
    requestId?: string,
  ): Promise<Reply> => {
    const token = await tokens.get()
    const headers = {
      authorization: `Bearer ${token}`,
      accept: 'application/json',
      ...(content && { 'content-type': 'application/json', prefer: 'return=representation' }),
      ...(requestId && { 'paypal-request-id': requestId }),
    }
    const body = content && JSON.stringify(content)
    const reply = await call(
      whatOf(method, path),
      () => ({ method, url: base + path, headers, ...(body && { body }) }),
      patience,
    )
    if (reply.status === 401) tokens.forget(token)
    return reply
  }
  return {
    async ask(method, path, { content, requestId } = {}) {
      let reply = await askOnce(method, path, content, requestId)
      // A token may be taken back before its time.
      if (reply.status === 401) reply = await askOnce(method, path, content, requestId)
      return judge(whatOf(method, path), reply)
    },
  }
}

function whatOf(method: string, path: string): string {
  return `PayPal ${method} ${path.split('?')[0]}`
}

/** The access token, asked for when it is needed and the last one has ended; by many at once, once. */
function openTokens(base: string, { clientId, clientSecret }: PaypalSettings, timeoutMs: number, clock: Clock) {
  let kept: { token: string; until: Temporal.Instant } | undefined
  let underway: Promise<string> | undefined

  const fetchToken = async () => {
    const what = "PayPal's token"
    const askedAt = clock.now()
    const ask = () => ({
      method: 'POST' as const,
      url: `${base}/v1/oauth2/token`,
      headers: {
        authorization: `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}`,
        'content-type': 'application/x-www-form-urlencoded',
        accept: 'application/json',
      },
      body: 'grant_type=client_credentials',
    })
    const { status, body } = await call(what, ask, { timeoutMs })
    if (status !== 200) throw new Unavailable(`${what}: refused with ${status}; look at the client id and secret`)
    const answer = readJson(what, body)
    const token = answer.text('access_token')
    kept = { token, until: askedAt.add({ seconds: Number(answer.whole('expires_in')) - SPARE_SECONDS }) }
    return token
  }
  return {
    async get(): Promise<string> {
      if (kept && Temporal.Instant.compare(clock.now(), kept.until) < 0) return kept.token
      underway ??= fetchToken().finally(() => (underway = undefined))
      return underway
    },
    forget(token: string): void {
      if (kept?.token === token) kept = undefined
    },
  }
}

function judge(what: string, { status, body }: Reply): Fields {
  if (status < 300) return body.length > 0 ? readJson(what, body) : fieldsOf(what, {})
  const { code, message } = readFault(what, body)
  if (PASSING_STATUS.has(status) || PASSING.has(code)) throw new Unavailable(`${what} answers ${status} ${code}`)
  throw new GatewayRefused('paypal', code, message)
}

/** `{name, message, details: [{issue, description}]}`; the issue says more than the name. What isn't of this form is not PayPal's no. */
function readFault(what: string, body: Buffer): { code: string; message: string } {
  const answer = readJson(what, body)
  // The token's own errors have another form; they come with 401.
  const name = answer.maybe('name') ?? answer.maybe('error')
  if (name === null) throw new Unreadable(`${what}: an error without its name`)
  const [detail] = answer.list('details')
  return {
    code: detail?.maybe('issue') ?? name,
    message: detail?.maybe('description') ?? answer.maybe('message') ?? '',
  }
}
