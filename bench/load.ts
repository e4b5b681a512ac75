import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { quantile } from './measure.ts'

/** Requests a second, and how long each took in milliseconds. */
export type Load = { perSecond: number; p50: number; p99: number }

/**
 * Sends prepared HTTP requests over so many connections, one at a time on each, until all are answered. Sockets and a look for the end of
 * each answer, no more: the generator shares the two cores with the server, and node:http would take more of them than what it measures.
 * @throws Error when an answer is not of 200 to 299.
 */
export async function sendAll(address: string, requests: readonly Buffer[], connections: number): Promise<Load> {
  const times: number[] = []
  let next = 0
  const began = performance.now()
  const lane = async () => {
    const { ask, close } = openLane(address)
    try {
      while (next < requests.length) times.push((await ask(requests[next++]!)).ms)
    } finally {
      close()
    }
  }
  await Promise.all(Array.from({ length: connections }, lane))
  const seconds = (performance.now() - began) / 1000
  return { perSecond: requests.length / seconds, p50: quantile(times, 0.5), p99: quantile(times, 0.99) }
}

/** When a request was sent, and how long its answer took, in milliseconds. */
export type Asked = { at: number; ms: number }

/** Sends requests over so many connections, on each one every `pauseMs` after the answer to the last, until told to stop; tells of each. */
export async function askSteadily(
  address: string,
  make: () => Buffer,
  tell: (asked: Asked) => void,
  { connections, pauseMs, stopping }: { connections: number; pauseMs: number; stopping: AbortSignal },
): Promise<void> {
  const lane = async () => {
    const { ask, close } = openLane(address)
    try {
      while (!stopping.aborted) {
        tell(await ask(make()))
        await sleep(pauseMs)
      }
    } finally {
      close()
    }
  }
  await Promise.all(Array.from({ length: connections }, lane))
}

/** One connection, over which one request after the other is answered. */
function openLane(address: string): { ask(request: Buffer): Promise<Asked>; close(): void } {
  const { hostname, port } = new URL(address)
  const socket = connect(Number(port), hostname).setNoDelay()
  const answers = answersOf(socket)
  return {
    async ask(request) {
      const at = performance.now()
      socket.write(request)
      const { value } = await answers.next()
      if (!value?.startsWith('HTTP/1.1 2')) throw new Error(`not answered: ${value}`)
      return { at, ms: performance.now() - at }
    },
    close: () => void socket.destroy(),
  }
}

/** One whole HTTP request. */
export function requestOf(method: string, path: string, headers: Record<string, string>, body = ''): Buffer {
  const lines = Object.entries({
    host: 'bench',
    ...headers,
    ...(body && { 'content-length': String(Buffer.byteLength(body)) }),
  })
  return Buffer.from(
    `${method} ${path} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`,
  )
}

/** Each whole answer of a connection: every one of ours says its length. */
async function* answersOf(socket: Socket): AsyncGenerator<string> {
  let text = ''
  for await (const chunk of socket) {
    text += (chunk as Buffer).toString('latin1')
    for (;;) {
      const head = text.indexOf('\r\n\r\n')
      const length = head < 0 ? undefined : /content-length: (\d+)/i.exec(text.slice(0, head))?.[1]
      if (length === undefined || text.length < head + 4 + Number(length)) break
      yield text.slice(0, head + 4 + Number(length))
      text = text.slice(head + 4 + Number(length))
    }
  }
}
