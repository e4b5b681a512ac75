import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { answer, type Outcome } from '../answer.ts'
import { readContent, type Content } from '../content.ts'
import { nonce } from '../draw.ts'
import type { Stand } from '../stand.ts'
import { makeToken, readToken } from '../token.ts'
import {
  captureOrder,
  firstUnit,
  createOrder,
  findCapture,
  refundCapture,
  refuse,
  sayOrder,
  showOrder,
  showRefund,
  unknown,
} from './calls.ts'
import { describeCapture } from './describe.ts'
import { once } from './once.ts'
import { searchTransactions } from './search.ts'

const TOKEN_SECONDS = 32_400

type Work = (content: Content, full: boolean, requestId: string | undefined) => Outcome
type Handle = (
  request: FastifyRequest,
  reply: FastifyReply,
  place: { call: string; orders: readonly (string | undefined)[] },
  work: Work,
) => Promise<FastifyReply>
type ById = { Params: { id: string } }

/** PayPal's REST API: tokens, orders, captures, refunds, webhooks and the transaction search. */
export function servePaypal(http: FastifyInstance, stand: Stand): void {
  const handle: Handle = (request, reply, { call, orders }, work) => {
    const say = async ({ status, body }: Outcome): Promise<FastifyReply> =>
      reply.code(status).header('paypal-debug-id', nonce().slice(0, 13)).send(body)
    const refused = judgeToken(stand, request.headers.authorization)
    if (refused) return say(refused)
    const content = readContent(request.body as Buffer | undefined)
    if (!content) return say(refuse(400, 'MALFORMED_REQUEST_JSON'))
    const unit = firstUnit(content)
    const named = [...orders, unit.invoice_id, unit.custom_id].filter((each) => each !== undefined).map(String)
    const full = /return=representation/.test(String(request.headers.prefer))
    const requestId = request.headers['paypal-request-id']
    const place = { channel: 'paypal' as const, orders: named, call }
    return answer(
      stand,
      reply,
      place,
      () => work(content, full, typeof requestId === 'string' ? requestId : undefined),
      say,
    )
  }
  serveToken(http, stand)
  serveOrders(http, stand, handle)
  serveCaptures(http, stand, handle)
  serveWebhooks(http, stand, handle)
  http.get<{ Querystring: Record<string, string> }>('/v1/reporting/transactions', (request, reply) =>
    handle(request, reply, { call: 'bill', orders: [] }, () => searchTransactions(stand, request.query)),
  )
}

function serveToken(http: FastifyInstance, stand: Stand): void {
  http.post<{ Body: Buffer | undefined }>('/v1/oauth2/token', async (request, reply) => {
    const { clientId, clientSecret } = stand.identity.paypal
    const basic = `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}`
    if (request.headers.authorization !== basic)
      return reply.code(401).send({ error: 'invalid_client', error_description: 'Client Authentication failed' })
    if (new URLSearchParams(request.body?.toString()).get('grant_type') !== 'client_credentials')
      return reply.code(400).send({ error: 'unsupported_grant_type', error_description: 'unsupported grant_type' })
    const token = {
      scope: 'https://uri.paypal.com/services/payments/payment/authcapture',
      access_token: makeToken(stand, 'paypal', TOKEN_SECONDS),
      token_type: 'Bearer',
      app_id: 'APP-80W284485P519543T',
      expires_in: TOKEN_SECONDS,
      nonce: nonce(),
    }
    const place = { channel: 'paypal' as const, orders: [], call: 'token' }
    return answer(
      stand,
      reply,
      place,
      () => ({ status: 200, body: token }),
      async ({ body }) => reply.send(body),
    )
  })
}

function serveOrders(http: FastifyInstance, stand: Stand, handle: Handle): void {
  http.post('/v2/checkout/orders', (request, reply) =>
    handle(request, reply, { call: 'open', orders: [] }, (content, full, requestId) =>
      once(
        stand,
        requestId,
        `order ${JSON.stringify(content)}`,
        () => createOrder(stand, content, full),
        (id) => ({ status: 200, body: sayOrder(stand, stand.store.trade(id)!, full) }),
      ),
    ),
  )
  http.get<ById>('/v2/checkout/orders/:id', (request, reply) =>
    handle(request, reply, { call: 'query', orders: ordersOf(stand, request.params.id) }, () =>
      showOrder(stand, request.params.id),
    ),
  )
  http.post<ById>('/v2/checkout/orders/:id/capture', (request, reply) => {
    const { id } = request.params
    return handle(request, reply, { call: 'capture', orders: ordersOf(stand, id) }, (_content, _full, requestId) =>
      once(
        stand,
        requestId,
        `capture ${id}`,
        () => captureOrder(stand, id),
        () => showOrder(stand, id),
      ),
    )
  })
}

function serveCaptures(http: FastifyInstance, stand: Stand, handle: Handle): void {
  http.get<ById>('/v2/payments/captures/:id', (request, reply) => {
    const payment = findCapture(stand, request.params.id)
    return handle(request, reply, { call: 'query', orders: ordersOf(stand, payment?.number) }, () =>
      payment ? { status: 200, body: describeCapture(stand, stand.store.trade(payment.number)!, payment) } : unknown(),
    )
  })
  http.post<ById>('/v2/payments/captures/:id/refund', (request, reply) => {
    const { id } = request.params
    const orders = ordersOf(stand, findCapture(stand, id)?.number)
    return handle(request, reply, { call: 'refund', orders }, (content, full, requestId) =>
      once(
        stand,
        requestId,
        `refund ${id} ${JSON.stringify(content)}`,
        () => refundCapture(stand, id, content, requestId ?? nonce(), full),
        (reference) => showRefund(stand, reference),
      ),
    )
  })
  http.get<ById>('/v2/payments/refunds/:id', (request, reply) => {
    const orders = ordersOf(stand, stand.store.refundByReference(request.params.id)?.number)
    return handle(request, reply, { call: 'query_refund', orders }, () => showRefund(stand, request.params.id))
  })
}

function serveWebhooks(http: FastifyInstance, stand: Stand, handle: Handle): void {
  http.get<ById>('/v1/notifications/certs/:id', async (request, reply) => {
    const signer = stand.identity.paypal.signers.find(({ id }) => id === request.params.id)
    return signer ? reply.type('application/x-pem-file').send(signer.certificate) : reply.code(404).send(unknown().body)
  })
  http.get('/v1/notifications/webhooks', (request, reply) =>
    handle(request, reply, { call: 'webhooks', orders: [] }, () => ({
      status: 200,
      body: { webhooks: [describeWebhook(stand)].filter((webhook) => webhook.url !== undefined) },
    })),
  )
  http.post('/v1/notifications/webhooks', (request, reply) =>
    handle(request, reply, { call: 'webhooks', orders: [] }, (content) => {
      if (!URL.canParse(String(content.url))) return refuse(400, 'INVALID_PARAMETER_VALUE', 'url')
      stand.store.set('paypal_webhook', String(content.url))
      return { status: 201, body: describeWebhook(stand) }
    }),
  )
}

function describeWebhook(stand: Stand) {
  const { webhookId } = stand.identity.paypal
  return { id: webhookId, url: stand.store.setting('paypal_webhook'), event_types: [{ name: '*' }] }
}

/** By which names a fault may mean an order. */
function ordersOf(stand: Stand, number: string | undefined): string[] {
  const trade = stand.store.trade(number ?? '')
  return trade ? [trade.number, trade.orderId] : []
}

function judgeToken(stand: Stand, authorization: string | undefined): Outcome | undefined {
  const [scheme, token] = (authorization ?? '').split(' ')
  if (scheme === 'Bearer' && readToken(stand, token) === 'paypal') return undefined
  return { status: 401, body: { error: 'invalid_token', error_description: 'Token signature verification failed' } }
}
