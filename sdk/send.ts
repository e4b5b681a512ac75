import type { RefusalCode, Route } from '@corehour/contract'
import { lackingIn } from './answer.ts'
import { CorehourError, Unreachable, UnreadableAnswer } from './errors.ts'
import type { Request } from './request.ts'
import type { CallOptions, ClientSettings } from './types.ts'
import { eitherOf, pause, retryAfterOf, sleep } from './wait.ts'

/** The client's version, as the server's log shows it. */
export const CLIENT = 'sdk/0.1.0'
const RETRIES = 4
const TIMEOUT_MS = 30_000

/** The settings with every gap filled. */
export type Line = {
  url: string
  headers: Record<string, string>
  fetch: typeof fetch
  retries: number
  timeout: number
}
type Sent = CallOptions & { idempotencyKey?: string | undefined }
/** A try that failed, and whether the next may succeed: `always` where nothing was done, `repeatable` where it may have been. */
type Failure = {
  error: CorehourError | Unreachable
  again: 'always' | 'repeatable' | 'never'
  asked?: number | undefined
}

/** @throws TypeError for an address or a key that can be none. */
export function openLine(settings: ClientSettings): Line {
  const url = URL.canParse(settings.url) ? new URL(settings.url) : undefined
  if (!url || !/^https?:$/.test(url.protocol) || url.username !== '' || url.search !== '' || url.hash !== '')
    throw new TypeError(`the server's address is one such as https://billing.example.org, not '${settings.url}'`)
  if (settings.key !== undefined && !/^[\x21-\x7e]+$/.test(settings.key))
    throw new TypeError('the key is one word of ASCII, as it was shown when it was made')
  return {
    url: url.href.replace(/\/+$/, ''),
    headers: {
      accept: 'application/json',
      'x-corehour-client': CLIENT,
      ...(settings.language !== undefined && { 'accept-language': settings.language }),
      ...(settings.key !== undefined && { authorization: `Bearer ${settings.key}` }),
    },
    fetch: settings.fetch ?? ((input, init) => fetch(input, init)),
    retries: settings.retries ?? RETRIES,
    timeout: settings.timeout ?? TIMEOUT_MS,
  }
}

/**
 * Sends a request until it is answered, and answers its JSON. The same Idempotency-Key goes with every try.
 * @throws CorehourError, Unreachable, UnreadableAnswer; the signal's reason.
 */
export async function send(line: Line, route: Route, request: Request, options: Sent = {}): Promise<unknown> {
  const idempotencyKey = route.idempotency === 'none' ? undefined : (options.idempotencyKey ?? newKey())
  const headers = new Headers({
    ...line.headers,
    ...(request.body !== undefined && { 'content-type': 'application/json' }),
    ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }),
  })
  // An API moves nowhere silently: a redirected POST would arrive as a GET.
  const init = { method: request.method, headers, body: request.body ?? null, redirect: 'manual' as const }
  const answer = await persist(line, options, isRepeatable(route), idempotencyKey, async (signal) => {
    const response = await line.fetch(line.url + request.path, { ...init, signal })
    return judge(line, response, await response.text(), idempotencyKey)
  })
  const lacking = lackingIn(route.response, answer)
  if (lacking !== undefined) throw new UnreadableAnswer(`${request.method} ${route.path}`, lacking)
  return answer
}

/**
 * Opens a file by a link that carries its own right to it, so without the key. The timeout is for the beginning of the answer.
 * @throws as `send` does.
 */
export async function openFile(
  line: Line,
  link: string,
  options: CallOptions = {},
): Promise<ReadableStream<Uint8Array>> {
  const { authorization: _, ...headers } = line.headers
  return open(line, link.startsWith('/') ? line.url + link : link, { ...headers, accept: '*/*' }, options)
}

/** Opens a stream of server-sent events. The timeout is for its beginning. */
export function openStream(line: Line, path: string, options: CallOptions = {}): Promise<ReadableStream<Uint8Array>> {
  return open(line, line.url + path, { ...line.headers, accept: 'text/event-stream' }, options)
}

async function open(
  line: Line,
  url: string,
  headers: Record<string, string>,
  options: CallOptions,
): Promise<ReadableStream<Uint8Array>> {
  return persist(line, options, true, undefined, async (begin) => {
    const stop = new AbortController()
    const signal = eitherOf(options.signal, stop.signal)!
    const late = () => stop.abort(begin.reason)
    begin.addEventListener('abort', late)
    try {
      const response = await line.fetch(url, { headers, signal })
      const isMeant = headers.accept === '*/*' || kindOf(response) === `with ${headers.accept}`
      if (response.ok && response.body && isMeant) return { value: response.body }
      return judge(line, response, await response.text(), undefined)
    } finally {
      begin.removeEventListener('abort', late)
    }
  }) as Promise<ReadableStream<Uint8Array>>
}

type Outcome = { value: unknown } | Failure

async function persist(
  line: Line,
  { signal, timeout = line.timeout }: CallOptions,
  repeatable: boolean,
  idempotencyKey: string | undefined,
  attempt: (signal: AbortSignal) => Promise<Outcome>,
): Promise<unknown> {
  for (let tries = 0; ; tries++) {
    signal?.throwIfAborted()
    const late = AbortSignal.timeout(timeout)
    const outcome = await attempt(signal ? AbortSignal.any([signal, late]) : late).catch((error: unknown): Failure => {
      signal?.throwIfAborted()
      return {
        error: unreachable(line, error, late.aborted ? timeout : undefined, idempotencyKey),
        again: 'repeatable',
      }
    })
    if ('value' in outcome) return outcome.value
    const may = outcome.again === 'always' || (outcome.again === 'repeatable' && repeatable)
    const wait = may && tries < line.retries ? pause(tries, outcome.asked) : undefined
    if (wait === undefined) throw outcome.error
    await sleep(wait, signal)
  }
}

/**
 * Whatever changes something is named by an Idempotency-Key, or changes it once by its nature; but a test clock that is moved by some
 * seconds again moves again.
 */
function isRepeatable(route: Route): boolean {
  return route.method !== 'POST' || !route.testClockOnly
}

/** What an answer means. */
function judge(line: Line, response: Response, text: string, idempotencyKey: string | undefined): Outcome {
  const { status, headers } = response
  const json = /^application\/([\w.-]+\+)?json\b/.test(headers.get('content-type') ?? '') ? parse(text) : undefined
  if (response.ok && (json !== undefined || status === 204)) return { value: json }
  const asked = retryAfterOf(headers)
  const problem = json as { code?: unknown; detail?: unknown; param?: string; request_id?: string } | null | undefined
  if (response.ok || typeof problem?.code !== 'string') {
    const what = `${line.url} answered ${status} ${kindOf(response)}: that is no answer of a Corehour`
    const error = new Unreachable('not_corehour', what, { status, idempotencyKey })
    return {
      error,
      again: status === 429 ? 'always' : [502, 503, 504].includes(status) ? 'repeatable' : 'never',
      asked,
    }
  }
  const error = new CorehourError({
    status,
    code: problem.code as RefusalCode,
    detail: typeof problem.detail === 'string' ? problem.detail : problem.code,
    param: problem.param,
    requestId: problem.request_id ?? headers.get('x-request-id') ?? undefined,
    retryAfter: asked === undefined ? undefined : Math.ceil(asked / 1000),
    idempotencyKey,
  })
  if (status === 429 || problem.code === 'busy') return { error, again: 'always', asked }
  return { error, again: [500, 502, 503, 504].includes(status) ? 'repeatable' : 'never', asked }
}

function kindOf({ status, type, headers }: Response): string {
  if (type === 'opaqueredirect' || (status >= 300 && status < 400)) {
    const place = headers.get('location')
    return place === null ? 'with a redirect' : `with a redirect to ${place}`
  }
  const media = headers.get('content-type')?.split(';')[0]
  return media === undefined ? 'without a type' : `with ${media}`
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function unreachable(
  line: Line,
  error: unknown,
  late: number | undefined,
  idempotencyKey: string | undefined,
): Unreachable {
  const more = { cause: error, idempotencyKey }
  if (late !== undefined) return new Unreachable('timeout', `${line.url} did not answer within ${late / 1000} s`, more)
  return new Unreachable('network', `${line.url} can't be reached: ${reasonOf(error)}`, more)
}

/** fetch says only that it failed; why stands in the cause, and there may be one for each address of a name. */
function reasonOf(error: unknown): string {
  const { cause, message } = error as { cause?: unknown; message?: string }
  if (cause instanceof AggregateError && cause.errors.length > 0) return reasonOf(cause.errors[0])
  return cause instanceof Error ? reasonOf(cause) : message || String(error)
}

/** 128 random bits. Not randomUUID: browsers have that only on https, and clusters are often served without. */
function newKey(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}
