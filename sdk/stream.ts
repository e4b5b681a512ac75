import type { Request } from './request.ts'
import { openStream, type Line } from './send.ts'
import type { CallOptions } from './types.ts'
import { sleep } from './wait.ts'

const AGAIN_MS = 1000

/**
 * What a route streams, as it comes, until the server says that there is no more. A line that breaks is opened anew; what was told last is not
 * told again.
 * @throws as `send` does.
 */
export async function* streamOf(line: Line, request: Request, options: CallOptions = {}): AsyncGenerator<unknown> {
  let told: string | undefined
  for (;;) {
    for await (const { name, data } of eventsOf(await openStream(line, request.path, options), options.signal)) {
      if (name === 'end') return
      if (data === told) continue
      told = data
      yield JSON.parse(data)
    }
    await sleep(AGAIN_MS, options.signal)
  }
}

type ServerEvent = { name: string; data: string }

/** Server-sent events, until the line ends or breaks. */
async function* eventsOf(
  body: ReadableStream<Uint8Array>,
  signal: AbortSignal | undefined,
): AsyncGenerator<ServerEvent> {
  const reader = body.getReader()
  const decoder = new TextDecoder()
  let text = ''
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      const events = (text + decoder.decode(value, { stream: true })).split('\n\n')
      text = events.pop()!
      for (const event of events) {
        const fields = new Map(event.split('\n').map((each) => each.split(/: ?(.*)/, 2) as [string, string]))
        const data = fields.get('data')
        if (data !== undefined) yield { name: fields.get('event') ?? 'message', data }
      }
    }
  } catch {
    signal?.throwIfAborted()
  } finally {
    // Whoever reads no further lets go of the line.
    reader.cancel().catch(() => {})
  }
}
