import { CorehourError, Unreachable } from './errors.ts'
import type { CallOptions, Client, TopUpMethods, TopUpOrder } from './types.ts'
import { eitherOf, sleep } from './wait.ts'

/** How often an order is looked at while its stream is silent: a proxy may hold it back, a line be dead unnoticed. And where there is none. */
const BESIDE_STREAM_MS = 5000
const ALONE_MS = 2000
/** So many looks in a row may fail, each with its own tries: a server that is started anew is waited for. */
const MOST_FAILED = 10

/** Following an order until it is over. */
export function topUpMethods(client: Client, within: (options?: CallOptions) => CallOptions): TopUpMethods {
  return { follow: (input, options) => follow(client, input, within(options)) }
}

type News = { order: TopUpOrder } | 'ended' | 'silence'

async function* follow(
  client: Client,
  input: { order_id: string },
  options: CallOptions,
): AsyncGenerator<TopUpOrder, void, undefined> {
  const stop = new AbortController()
  const stream = client.topUps.events(input, { ...options, signal: eitherOf(options.signal, stop.signal) })
  // Whatever keeps the stream from going on: what is asked for instead will say it.
  const hear = () =>
    stream.next().then(
      ({ value }): News => (value ? { order: value } : 'ended'),
      (): News => 'ended',
    )
  let heard: Promise<News> | undefined = hear()
  let [told, failed] = ['', 0]
  try {
    for (;;) {
      const news = await newsOf(heard, options.signal)
      if (news !== 'silence') heard = news === 'ended' ? undefined : hear()
      const order = typeof news === 'object' ? news.order : await client.topUps.get(input, options).catch(pass)
      failed = order instanceof Error ? failed + 1 : 0
      if (order instanceof Error && failed > MOST_FAILED) throw order
      if (order instanceof Error) continue
      const text = JSON.stringify(order)
      if (text !== told) yield order
      told = text
      if (order.state !== 'opening' && order.state !== 'awaiting') return
    }
  } finally {
    stop.abort()
  }
}

/** A failure that may pass by itself. @throws every other one. */
function pass(error: unknown): Error {
  if (error instanceof Unreachable || (error instanceof CorehourError && error.status >= 500)) return error
  throw error
}

async function newsOf(heard: Promise<News> | undefined, signal: AbortSignal | undefined): Promise<News> {
  const done = new AbortController()
  const silence = sleep(heard ? BESIDE_STREAM_MS : ALONE_MS, eitherOf(signal, done.signal)).then((): News => 'silence')
  try {
    return await Promise.race(heard ? [heard, silence] : [silence])
  } finally {
    silence.catch(() => {})
    done.abort()
  }
}
