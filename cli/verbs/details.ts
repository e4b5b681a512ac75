import { Unreachable, type Client } from '@corehour/sdk'
import { createWriteStream } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { extname } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { open, REMOTE_HELP } from '../call.ts'
import { FILTER, FILTER_HELP, filterOf } from '../filter.ts'
import { grouped } from '../table.ts'
import { EXIT, UsageError, type Terminal, type Verb } from '../verb.ts'

const FORMATS = { '.csv': 'csv', '.xlsx': 'xlsx', '.jsonl': 'jsonl' } as const
type Asked = Parameters<Client['exports']['create']>[0]
type Export = Awaited<ReturnType<Client['exports']['wait']>>

export const detailsVerb: Verb = {
  summary: 'writes the detailed bill to a file: CSV, XLSX or JSON Lines',
  help: `corehour details FILE [options]

Every span and charge with its job, exact start and end, seconds, price, amount and who paid. The server writes it, of any size; this
follows it and fetches the file.

  FILE                  ends with .csv, .xlsx or .jsonl
${FILTER_HELP}${REMOTE_HELP}
Example: corehour details january.xlsx --from 2026-01-01 --to 2026-02-01
`,
  async run(args, terminal) {
    const { call, client, values, positionals } = await open(args, terminal, FILTER, { least: 1, names: 'FILE' })
    const file = positionals[0]!
    const format = formatOf(file)
    const done = await writeDetails(client, { ...(await filterOf(call, values)), format }, file, terminal)
    call.print(done, () => `${grouped(String(done.rows))} rows in ${file}\n`)
    return EXIT.done
  },
}

/** @throws UsageError for a name that tells no format. */
export function formatOf(file: string): Asked['format'] {
  const format = FORMATS[extname(file).toLowerCase() as keyof typeof FORMATS]
  if (!format) throw new UsageError(`FILE ends with .csv, .xlsx or .jsonl, and '${file}' does not`)
  return format
}

/**
 * Asks for an export, follows it and fetches its file; who watches sees how far it is.
 * @throws UsageError where the file can't be written.
 */
export async function writeDetails(client: Client, asked: Asked, file: string, terminal: Terminal): Promise<Export> {
  const { export_id } = await client.exports.create(asked)
  let shown = ''
  const show = (text: string) => {
    if (terminal.watched && text !== shown) terminal.note(`\r${text}\u001b[K`)
    shown = text
  }
  const done = await client.exports.wait(
    { export_id },
    {
      onProgress: ({ state, rows }) =>
        show(state === 'queued' ? 'waiting for the server' : `${grouped(String(rows))} rows written by the server`),
    },
  )
  await save(await client.exports.download({ export_id }), file, (bytes) =>
    show(`${percent(bytes, done.bytes)} of ${sizeOf(done.bytes ?? bytes)} fetched`),
  ).finally(() => show(''))
  return done
}

/** Whole or not at all. */
async function save(
  stream: ReadableStream<Uint8Array>,
  file: string,
  onProgress: (bytes: number) => void,
): Promise<void> {
  const part = `${file}.part`
  try {
    let bytes = 0
    const counted = async function* (chunks: AsyncIterable<Uint8Array>) {
      for await (const chunk of chunks) {
        onProgress((bytes += chunk.length))
        yield chunk
      }
    }
    await pipeline(Readable.fromWeb(stream as never), counted, createWriteStream(part))
    await rename(part, file)
  } catch (error) {
    await rm(part, { force: true }).catch(() => {})
    const { code } = error as { code?: string }
    if (['EACCES', 'EISDIR', 'ENOENT', 'ENOTDIR', 'ENOSPC', 'EROFS', 'EPERM'].includes(code ?? ''))
      throw new UsageError(`${file} can't be written: ${(error as Error).message}`)
    // What fetch says of a connection that was cut.
    if (error instanceof TypeError)
      throw new Unreachable('network', `the connection was cut while ${file} was fetched`, { cause: error })
    throw error
  }
}

function percent(bytes: number, all: number | null): string {
  return all ? `${Math.floor((bytes * 100) / all)} %` : '..'
}

function sizeOf(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB']
  const step = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(bytes, 1)) / 3)))
  return `${Math.round(bytes / 1000 ** step)} ${units[step]}`
}
