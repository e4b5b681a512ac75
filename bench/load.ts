import { connect } from 'node:net'
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

/**
 * One connection, over which one request after the other is answered. What comes is read into one buffer, past the streams of
 * node:net, which took the generator twice as much of the processor.
 */
function openLane(address: string): { ask(request: Buffer): Promise<Asked>; close(): void } {
  const { hostname, port } = new URL(address)
  let text = ''
  let answered: PromiseWithResolvers<string> | undefined
  const callback = (length: number, buffer: Uint8Array) => {
    text += (buffer as Buffer).toString('latin1', 0, length)
    const end = endOfAnswer(text)
    if (end !== undefined && text.length >= end) {
      answered?.resolve(text.slice(0, end))
      text = text.slice(end)
    }
    return true
  }
  const onread = { buffer: Buffer.alloc(64 * 1024), callback }
  const socket = connect({ host: hostname, port: Number(port), noDelay: true, onread })
  socket.on('close', () => answered?.reject(new Error('the connection was closed before it was answered')))
  return {
    async ask(request) {
      answered = Promise.withResolvers()
      const at = performance.now()
      socket.write(request)
      const answer = await answered.promise
      if (!answer.startsWith('HTTP/1.1 2')) throw new Error(`not answered: ${answer}`)
      return { at, ms: performance.now() - at }
    },
    close: () => void socket.destroy(),
  }
}

/** Where the first answer ends, once its head is there: every one of ours says its length. */
function endOfAnswer(text: string): number | undefined {
  const head = text.indexOf('\r\n\r\n')
  if (head < 0) return undefined
  const length = /\r\ncontent-length: (\d+)/i.exec(text)?.[1]
  return length === undefined ? undefined : head + 4 + Number(length)
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
