import type { FastifyInstance } from 'fastify'
import { setTimeout as sleep } from 'node:timers/promises'
import { Counter, Histogram, Registry } from 'prom-client'
import { perApp, Refusal, SYSTEM, transact, type App } from '../../base/index.ts'
import {
  keepNotices,
  namedIn,
  takeUp,
  type Channel,
  type Gateway,
  type NoticeAnswer,
  type RawNotice,
  type Received,
  type StoredNotice,
  type Till,
} from '../../payments/index.ts'
import { ringOrder } from '../follow.ts'
import { gather } from './gather.ts'

export const NOTICES_PATH = '/v1/gateways/:name/notices'
/** The gateways give up after 5 s, and send again. */
const ANSWER_WITHIN_MS = 4000
/** A notice has some 2 kB. */
const LARGEST_NOTICE = 64 * 1024
/** Notices that share one transaction. */
const MOST_TOGETHER = 100

/** What is counted of notices since the start. */
export const noticeFigures = perApp(() => {
  const registers = [new Registry()]
  const figures = {
    refused: new Counter({
      name: 'corehour_gateway_notices_refused_total',
      help: 'Notices that were not signed by their gateway',
      labelNames: ['channel'],
      registers,
    }),
    followed: new Histogram({
      name: 'corehour_gateway_notice_seconds',
      help: 'From when a notice came until what follows from it was done: the credit of a payment',
      labelNames: ['channel'],
      buckets: [0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2, 5, 10],
      registers,
    }),
  }
  return { ...figures, registry: registers[0]! }
})

type NoticeRequest = { Params: { name: string }; Body: Buffer | undefined }

/**
 * Takes the gateways' notices, answered word for word as each wants it. No route of the contract: the body is taken as the bytes that are signed, and
 * whoever sends has no key but a signature.
 */
export function serveNotices(http: FastifyInstance, app: App, till: Till): void {
  const receive = receiver(app, till)
  http.register(async (scope) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser(
      '*',
      { parseAs: 'buffer', bodyLimit: LARGEST_NOTICE },
      async (_: unknown, body: Buffer) => body,
    )
    scope.post<NoticeRequest>(NOTICES_PATH, async ({ params, body, headers, method, url }, reply) => {
      const gateway = till.gateways.get(params.name as Channel)
      if (!gateway) throw new Refusal('not_found', { value: params.name })
      const raw = { method, path: url, headers: headers as RawNotice['headers'], body: body ?? Buffer.alloc(0) }
      const answer = await Promise.race([receive(gateway, raw), sleep(ANSWER_WITHIN_MS, gateway.sorry, { ref: false })])
      return reply.status(answer.status).header('content-type', answer.contentType).send(answer.body)
    })
  })
}

/** Verifies outside any transaction, keeps, answers; what follows comes after the answer. */
function receiver(app: App, till: Till): (gateway: Gateway, raw: RawNotice) => Promise<NoticeAnswer> {
  const figures = noticeFigures(app)
  const keep = gather((received: readonly Received[]) => transact(app, SYSTEM, (tx) => keepNotices(tx, received)), {
    most: MOST_TOGETHER,
  })
  const follow = async (notices: readonly StoredNotice[]) => {
    await takeUp(app, till, notices)
    for (const { about } of notices) ringOrder(app, namedIn(about).orderId)
    return notices
  }
  const credit = gather(follow, { most: MOST_TOGETHER })
  return async (gateway, raw) => {
    const { channel } = gateway
    const came = app.clock.now()
    try {
      const notice = await gateway.readNotice(raw)
      const kept = await keep({ channel, notice, raw })
      // What asks a gateway may take long, and goes by itself. Where it fails now, the loop finds it.
      if (kept)
        (kept.about.kind === 'payment' ? credit(kept) : follow([kept])).then(
          () => figures.followed.observe({ channel }, app.clock.now().since(came).total('seconds')),
          (error: unknown) => app.log.error({ error, channel }, 'notices were not taken up'),
        )
      return gateway.thanks
    } catch (error) {
      if (error instanceof Refusal) figures.refused.inc({ channel })
      const about = { channel, ...(error instanceof Refusal ? { code: error.code, detail: error.message } : { error }) }
      app.log.error(about, 'a notice was not kept')
      return gateway.sorry
    }
  }
}
