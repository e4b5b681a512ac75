import { setTimeout as pause } from 'node:timers/promises'
import { Unavailable } from '../../base/index.ts'
import { GatewayRefused } from '../gateway.ts'

/** One request; made anew for each attempt, since nonces and timestamps are signed with it. */
export type Ask = { method: 'GET' | 'POST'; url: string; headers?: Record<string, string>; body?: string }
export type Reply = { status: number; headers: Headers; body: Buffer }
export type Patience = {
  /** How long one attempt may take, the whole body included. */
  timeoutMs: number
  /** 3 by default. */
  attempts?: number
  /** Most bytes of a reply; a million by default, and gateways' replies have a few thousand. */
  limit?: number
}

export const TIMEOUT_MS = 10_000
const PAUSES_MS = [200, 800]
const REPLY_LIMIT = 1_000_000

/**
 * Sends a request and reads the whole answer. What may pass by itself (no connection, a broken one, no answer in time, 429, 5xx) is tried again a
 * moment later with the same request: every request carries its own number, by which the gateway knows a repeat.
 * @param what how errors call it; they never hold an address, a header or a body.
 * @throws Unavailable after the last attempt, for a redirect, and for an answer larger than the limit.
 */
export async function call(what: string, ask: () => Ask, patience: Patience): Promise<Reply> {
  const attempts = patience.attempts ?? PAUSES_MS.length + 1
  for (let attempt = 1; ; attempt++) {
    const outcome = await attemptOnce(what, ask(), patience)
    if (typeof outcome !== 'string') return outcome
    if (attempt >= attempts) throw new Unavailable(`${what} ${outcome}`)
    await pause(PAUSES_MS[attempt - 1] ?? 0)
  }
}

/** A reply, or why there is none yet. @throws Unavailable where another attempt would end the same. */
async function attemptOnce(
  what: string,
  ask: Ask,
  { timeoutMs, limit = REPLY_LIMIT }: Patience,
): Promise<Reply | string> {
  const { method, url, headers = {}, body = null } = ask
  try {
    const signal = AbortSignal.timeout(timeoutMs)
    const response = await fetch(url, { method, headers, body, redirect: 'manual', signal })
    const { status } = response
    if ((status >= 300 && status < 400) || status >= 500 || status === 429) {
      await response.body?.cancel()
      if (status < 400) throw new Unavailable(`${what} answers with a redirect`)
      return `answers ${status}`
    }
    const bytes = await readBody(response, limit)
    if (!bytes) throw new Unavailable(`${what} answers more than ${limit} bytes`)
    return { status, headers: response.headers, body: bytes }
  } catch (error) {
    if (error instanceof Unavailable) throw error
    return `does not answer: ${faultOf(error)}`
  }
}

async function readBody(response: Response, limit: number): Promise<Buffer | undefined> {
  const chunks: Uint8Array[] = []
  let length = 0
  // Leaving the loop early cancels the rest.
  for await (const chunk of response.body ?? []) {
    length += chunk.length
    if (length > limit) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** The kind of a failure alone: messages of fetch may hold the address, and addresses hold signatures. */
function faultOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  const { cause } = error
  if (cause instanceof Error && 'code' in cause) return String(cause.code)
  return error.name
}

/** A refusal as a value, where it is one of the answers that are expected. */
export async function orRefused<T>(asked: Promise<T>): Promise<T | GatewayRefused> {
  try {
    return await asked
  } catch (error) {
    if (error instanceof GatewayRefused) return error
    throw error
  }
}
