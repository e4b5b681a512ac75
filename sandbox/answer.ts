import type { FastifyReply } from 'fastify'
import type { Place } from './faults.ts'
import type { Stand } from './stand.ts'

const BAD_GATEWAY =
  '<html>\n<head><title>502 Bad Gateway</title></head>\n<body><center><h1>502 Bad Gateway</h1></center></body>\n</html>\n'

/** A call's outcome before it is signed. */
export type Outcome = { status: number; body: unknown }

/**
 * Does what a call asks and answers it, unless told to fail: before it does anything, after it did everything, or by never answering.
 * All that a call does to the books is done in one go, so that a crash leaves all or nothing.
 */
export async function answer(
  stand: Stand,
  reply: FastifyReply,
  place: Place,
  work: () => Outcome,
  say: (outcome: Outcome) => Promise<FastifyReply>,
): Promise<FastifyReply> {
  if (stand.faults.take('error_before_effect', place)) return failBadly(reply)
  const outcome = stand.store.together(work)
  if (stand.faults.take('error_after_effect', place)) return failBadly(reply)
  // The connection stays open until the client gives up, or the sandbox ends.
  if (stand.faults.take('timeout_after_success', place)) return reply.hijack()
  return say(outcome)
}

function failBadly(reply: FastifyReply): FastifyReply {
  return reply.code(502).type('text/html').send(BAD_GATEWAY)
}
