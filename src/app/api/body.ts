import { isUtf8 } from 'node:buffer'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { Refusal } from '../../base/index.ts'

declare module 'fastify' {
  interface FastifyReply {
    /** Bytes that its body may take; null once it has left. */
    queued: number | null
    /** Its request is worked at no longer: it has its answer, or does nothing but wait. */
    leaveQueue(): void
  }
}

/** A thousand usage events take 400 kB. */
export const LARGEST_BODY = 4 * 1024 * 1024
/** Bodies that are read or waiting at once: what more comes is sent away unread, so that memory stays bounded. */
const MOST_BYTES = 64 * 1024 * 1024
const MOST_REQUESTS = 2000
const JSON_TYPES = ['application/json', 'application/cloudevents+json', 'application/cloudevents-batch+json']

/** Reads bodies as JSON in sound UTF-8, and takes in only so much at once. */
export function readBodies(http: FastifyInstance): void {
  http.removeAllContentTypeParsers()
  http.addContentTypeParser(JSON_TYPES, { parseAs: 'buffer' }, (_request: unknown, body: Buffer, done) => {
    if (!isUtf8(body)) return done(new Refusal('bad_request', { detail: 'the body is not UTF-8' }))
    let value: unknown
    try {
      value = body.length === 0 ? undefined : JSON.parse(body.toString())
    } catch {
      return done(new Refusal('bad_request', { detail: 'the body is not JSON' }))
    }
    return done(null, value)
  })
  let bytes = 0
  let requests = 0
  http.decorateReply('queued', null)
  http.decorateReply('leaveQueue', function (this: FastifyReply) {
    if (this.queued === null) return
    requests--
    bytes -= this.queued
    this.queued = null
  })
  http.addHook('onRequest', (request, reply, done) => {
    const declared = request.headers['content-length']
    // What is larger is refused unread, as too large rather than as too much at once.
    const size = Math.min(Number(declared ?? (request.headers['transfer-encoding'] ? Infinity : 0)), LARGEST_BODY)
    if (requests >= MOST_REQUESTS || bytes + size > MOST_BYTES) throw new Refusal('busy', { seconds: 1 })
    requests++
    bytes += size
    reply.queued = size
    reply.raw.on('close', () => reply.leaveQueue())
    done()
  })
}
