import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { answer, type Outcome } from '../answer.ts'
import { chinaRfc3339 } from '../clock.ts'
import { readContent, type Content } from '../content.ts'
import { nonce } from '../draw.ts'
import { nowOf, type Stand } from '../stand.ts'
import { serveTradeBill } from './bill.ts'
import { askRefund, closeOrder, openOrder, queryOrder, queryRefund, refuse } from './calls.ts'
import { judgeSignature, seal, signedHeaders } from './sign.ts'

type Work = (content: Content) => Outcome
export type Handle = (
  request: FastifyRequest,
  reply: FastifyReply,
  place: { call: string; orders: readonly unknown[] },
  work: Work,
) => Promise<FastifyReply>

/** WeChat Pay's API v3. */
export function serveWechat(http: FastifyInstance, stand: Stand): void {
  const handle: Handle = (request, reply, { call, orders }, work) => {
    const refused = judge(stand, request)
    if (refused) return say(stand, request, reply, refused)
    const content = readContent(request.body as Buffer | undefined)
    if (!content) return say(stand, request, reply, refuse(400, 'PARAM_ERROR', '请求体不是合法的JSON'))
    const named = [...orders, content.out_trade_no, content.transaction_id].filter((each) => each !== undefined)
    const place = { channel: 'wechat' as const, orders: named.map(String), call }
    return answer(
      stand,
      reply,
      place,
      () => work(content),
      (outcome) => say(stand, request, reply, outcome),
    )
  }
  serveOrders(http, stand, handle)
  serveRefunds(http, stand, handle)
  serveTradeBill(http, stand, handle)
  http.get('/v3/certificates', (request, reply) =>
    handle(request, reply, { call: 'certificates', orders: [] }, () => ({ status: 200, body: certificates(stand) })),
  )
}

function serveOrders(http: FastifyInstance, stand: Stand, handle: Handle): void {
  http.post('/v3/pay/transactions/native', (request, reply) =>
    handle(request, reply, { call: 'open', orders: [] }, (content) => openOrder(stand, content)),
  )
  http.get<{ Params: { no: string }; Querystring: { mchid?: string } }>(
    '/v3/pay/transactions/out-trade-no/:no',
    (request, reply) =>
      handle(request, reply, { call: 'query', orders: [request.params.no] }, () => {
        if (request.query.mchid !== stand.identity.wechat.mchId) return refuse(400, 'PARAM_ERROR', '商户号有误')
        const trade = stand.store.tradeOfOrder('wechat', request.params.no)
        return queryOrder(stand, trade, trade && stand.store.paymentsOf(trade.number)[0])
      }),
  )
  http.get<{ Params: { id: string } }>('/v3/pay/transactions/id/:id', (request, reply) =>
    handle(request, reply, { call: 'query', orders: [request.params.id] }, () => {
      const payment = stand.store.payment(request.params.id)
      return queryOrder(stand, payment && stand.store.trade(payment.number), payment)
    }),
  )
  http.post<{ Params: { no: string } }>('/v3/pay/transactions/out-trade-no/:no/close', (request, reply) =>
    handle(request, reply, { call: 'close', orders: [request.params.no] }, (content) =>
      content.mchid === stand.identity.wechat.mchId
        ? closeOrder(stand, stand.store.tradeOfOrder('wechat', request.params.no))
        : refuse(400, 'PARAM_ERROR', '商户号有误'),
    ),
  )
}

function serveRefunds(http: FastifyInstance, stand: Stand, handle: Handle): void {
  http.post('/v3/refund/domestic/refunds', (request, reply) =>
    handle(request, reply, { call: 'refund', orders: [] }, (content) => askRefund(stand, content)),
  )
  http.get<{ Params: { no: string } }>('/v3/refund/domestic/refunds/:no', (request, reply) => {
    const { no } = request.params
    const payment = stand.store.payment(stand.store.refund('wechat', no)?.paymentId ?? '')
    const orders = [no, payment?.orderId, payment?.paymentId]
    return handle(request, reply, { call: 'query_refund', orders }, () => queryRefund(stand, no))
  })
}

function judge(stand: Stand, request: FastifyRequest): Outcome | undefined {
  if (!request.headers['user-agent'] || !request.headers.accept)
    return refuse(400, 'PARAM_ERROR', 'Http头缺少Accept或User-Agent')
  const wrong = judgeSignature(stand, {
    method: request.method,
    url: request.url,
    body: request.body as Buffer | undefined,
    authorization: request.headers.authorization,
  })
  return wrong === undefined ? undefined : refuse(401, 'SIGN_ERROR', wrong)
}

async function say(stand: Stand, request: FastifyRequest, reply: FastifyReply, { status, body }: Outcome) {
  const text = body === undefined ? '' : JSON.stringify(body)
  const wanted = request.headers['wechatpay-serial']
  const headers = await signedHeaders(stand, text, { wanted: typeof wanted === 'string' ? wanted : undefined })
  reply.code(status).headers({ ...headers, 'request-id': nonce() })
  return body === undefined ? reply.send() : reply.type('application/json; charset=utf-8').send(text)
}

/** Platform certificates, sealed under the APIv3 key; none before the first rotation. */
function certificates(stand: Stand) {
  const at = nowOf(stand)
  const certified = stand.identity.wechat.signers.filter((signer) => signer.certificate !== null)
  return {
    data: certified.map(({ id, certificate }) => ({
      serial_no: id,
      effective_time: chinaRfc3339(at),
      expire_time: chinaRfc3339(
        Temporal.Instant.from(at)
          .add({ hours: 24 * 365 })
          .toString(),
      ),
      encrypt_certificate: seal(stand, certificate!, 'certificate'),
    })),
  }
}
