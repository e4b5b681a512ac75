import type { FastifyReply } from 'fastify'
import { Readable } from 'node:stream'

/** Proxies cut lines on which nothing comes, most of them after 30 or 60 s. */
const BEAT_MS = 15_000
/** How soon a browser opens a broken line anew. */
const RETRY = 'retry: 2000\n'

/**
 * Answers values as server-sent events until there are no more, the caller is gone or may hear no more, or the server ends. What fails before the
 * first of them is a failure of the request; what fails later ends the stream, and the caller comes again.
 */
export async function sendStream(
  reply: FastifyReply,
  closing: AbortSignal,
  mayHear: () => Promise<boolean>,
  follow: (gone: AbortSignal) => AsyncIterable<unknown>,
): Promise<void> {
  const gone = new AbortController()
  const stop = () => gone.abort()
  closing.addEventListener('abort', stop, { once: true })
  reply.raw.once('close', () => {
    closing.removeEventListener('abort', stop)
    stop()
  })
  const values = follow(gone.signal)[Symbol.asyncIterator]()
  const first = await values.next()
  if (first.done) return void reply.send()
  // It waits from now on, and takes no place of those that are worked at.
  reply.leaveQueue()
  void reply
    .header('content-type', 'text/event-stream; charset=utf-8')
    .header('cache-control', 'no-store')
    .header('x-accel-buffering', 'no')
    // When it has ended nothing keeps a server that ends waiting.
    .header('connection', 'close')
    .send(Readable.from(linesOf(first.value, values, { gone: gone.signal, mayHear }), { objectMode: false }))
}

async function* linesOf(
  first: unknown,
  values: AsyncIterator<unknown>,
  { gone, mayHear }: { gone: AbortSignal; mayHear: () => Promise<boolean> },
): AsyncGenerator<string> {
  yield RETRY + eventOf(first)
  let next = values.next()
  while (!gone.aborted) {
    const found = await within(next, BEAT_MS)
    // Whose key or session has ended meanwhile; a new request is told so.
    if (!(await mayHear())) return
    if (!found) yield ':\n\n'
    else if (found.done) {
      // An end that the caller can tell from a line that broke.
      if (!gone.aborted) yield 'event: end\ndata: {}\n\n'
      return
    } else {
      yield eventOf(found.value)
      next = values.next()
    }
  }
}

/** What a promise comes to, if it does so in time. */
async function within<T>(promise: Promise<T>, ms: number): Promise<T | undefined> {
  const late = Promise.withResolvers<undefined>()
  const timer = setTimeout(() => late.resolve(undefined), ms)
  try {
    return await Promise.race([promise, late.promise])
  } finally {
    clearTimeout(timer)
  }
}

function eventOf(value: unknown): string {
  return `data: ${JSON.stringify(value)}\n\n`
}
