import type { CallOptions, Client, TopUpMethods, TopUpOrder } from './types.ts'
import { eitherOf, sleep } from './wait.ts'

/** How often an order is looked at while its stream is silent: a proxy may hold it back, a line be dead unnoticed. And where there is none. */
const BESIDE_STREAM_MS = 5000
const ALONE_MS = 2000

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
  let told = ''
  try {
    for (;;) {
      const news = await newsOf(heard, options.signal)
      const order = typeof news === 'object' ? news.order : await client.topUps.get(input, options)
      if (news !== 'silence') heard = news === 'ended' ? undefined : hear()
      const text = JSON.stringify(order)
      if (text !== told) yield order
      told = text
      if (order.state !== 'opening' && order.state !== 'awaiting') return
    }
  } finally {
    stop.abort()
  }
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
