import { createReadStream } from 'node:fs'
import type { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { Refusal } from '../base/index.ts'

/** Far above any real row (the longest known, with its node list, has 3 kB); what is longer is no text. */
const LONGEST_LINE = 1 << 20

/**
 * The lines of a file, uncompressed where its name ends in `.gz`, without their line ends; a byte order mark is dropped.
 * @throws Refusal trace_unreadable, trace_truncated, or trace_wrong_format for a line of more than 1 MiB.
 */
export async function* linesOf(path: string, format: string): AsyncGenerator<{ text: string; line: number }> {
  const file = createReadStream(path)
  const stream: Readable = /\.gz$/i.test(path) ? file.pipe(createGunzip()) : file
  if (stream !== file) file.on('error', (error) => stream.destroy(error))
  const decoder = new TextDecoder()
  let rest = ''
  let line = 0
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n')
      rest = parts.pop() ?? ''
      for (const part of parts) yield { text: withoutReturn(part), line: ++line }
      if (rest.length > LONGEST_LINE) {
        throw new Refusal('trace_wrong_format', {
          value: path,
          format,
          detail: `line ${line + 1} is longer than 1 MiB`,
        })
      }
    }
  } catch (error) {
    throw refusalOf(error, path)
  } finally {
    file.destroy()
  }
  rest += decoder.decode()
  if (rest !== '') yield { text: withoutReturn(rest), line: ++line }
}

function withoutReturn(text: string): string {
  return text.endsWith('\r') ? text.slice(0, -1) : text
}

function refusalOf(error: unknown, path: string): unknown {
  if (error instanceof Refusal || !(error instanceof Error) || !('code' in error)) return error
  if (error.code === 'Z_BUF_ERROR') return new Refusal('trace_truncated', { value: path })
  return new Refusal('trace_unreadable', { value: path, detail: error.message })
}
