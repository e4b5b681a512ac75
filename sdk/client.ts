import { listRoutes, type Route } from '@corehour/contract'
import { exportMethods } from './exports.ts'
import { toRequest } from './request.ts'
import { openLine, send, type Line } from './send.ts'
import { streamOf } from './stream.ts'
import { topUpMethods } from './topups.ts'
import type { CallOptions, Client, ClientSettings, Page } from './types.ts'
import { eitherOf } from './wait.ts'

type Input = Readonly<Record<string, unknown>>
type Call = (input?: Input, options?: CallOptions) => unknown

/**
 * A client of one server, with a method for each route of the contract.
 * @throws TypeError for an address that is none.
 */
export function createClient(settings: ClientSettings): Client {
  const line = openLine(settings)
  const within = (options: CallOptions = {}) => ({ ...options, signal: eitherOf(settings.signal, options.signal) })
  const nouns: Record<string, Record<string, Call>> = {}
  for (const { name, route } of listRoutes()) {
    const [noun, verb] = name.split('.') as [string, string]
    const verbs = (nouns[noun] ??= {})
    verbs[verb] = methodOf(line, name, route, within)
  }
  const client = nouns as unknown as Client
  Object.assign(client.exports, exportMethods(line, client, within))
  Object.assign(client.topUps, topUpMethods(client, within))
  return client
}

function methodOf(line: Line, name: string, route: Route, within: (options?: CallOptions) => CallOptions): Call {
  if (route.stream) return (input = {}, options) => streamOf(line, toRequest(name, route, input), within(options))
  const call: Call = async (input = {}, options) => send(line, route, toRequest(name, route, input), within(options))
  if (!('cursor' in (route.query?.properties ?? {}))) return call
  const pages = (input: Input = {}, options?: CallOptions) => pagesOf(call, input, options)
  return Object.assign(call, { pages, each: (input?: Input, options?: CallOptions) => rowsOf(pages(input, options)) })
}

async function* pagesOf(call: Call, input: Input, options: CallOptions | undefined): AsyncGenerator<Page<unknown>> {
  let cursor = input.cursor
  do {
    const page = (await call({ ...input, cursor }, options)) as Page<unknown>
    yield page
    cursor = page.has_more ? page.next_cursor : null
  } while (cursor !== null)
}

async function* rowsOf(pages: AsyncGenerator<Page<unknown>>): AsyncGenerator<unknown> {
  for await (const { data } of pages) yield* data
}
