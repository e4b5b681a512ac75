import { createWriteStream } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { extname } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { open, REMOTE_HELP } from '../call.ts'
import { FILTER, FILTER_HELP, filterOf } from '../filter.ts'
import { grouped } from '../table.ts'
import { EXIT, UsageError, type Verb } from '../verb.ts'

const FORMATS = { '.csv': 'csv', '.xlsx': 'xlsx', '.jsonl': 'jsonl' } as const

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
    const { call, client, values, positionals } = open(args, terminal, FILTER, { least: 1, names: 'FILE' })
    const file = positionals[0]!
    const format = FORMATS[extname(file).toLowerCase() as keyof typeof FORMATS]
    if (!format) throw new UsageError(`FILE ends with .csv, .xlsx or .jsonl, and '${file}' does not`)
    const { signal } = terminal
    const { export_id } = await client.exports.create({ ...(await filterOf(client, values)), format }, { signal })
    const onProgress = ({ rows }: { rows: number }) => {
      if (terminal.watched) terminal.note(`\r${grouped(String(rows))} rows written by the server`)
    }
    const done = await client.exports.wait({ export_id }, { signal, onProgress })
    if (terminal.watched) terminal.note('\r\u001b[K')
    await save(await client.exports.download({ export_id }, { signal }), file)
    call.print(done, () => `${grouped(String(done.rows))} rows in ${file}\n`)
    return EXIT.done
  },
}

/** Whole or not at all. */
async function save(stream: ReadableStream<Uint8Array>, file: string): Promise<void> {
  const part = `${file}.part`
  try {
    await pipeline(Readable.fromWeb(stream as never), createWriteStream(part))
    await rename(part, file)
  } catch (error) {
    await rm(part, { force: true })
    const { code } = error as { code?: string }
    if (['EACCES', 'EISDIR', 'ENOENT', 'ENOTDIR', 'ENOSPC', 'EROFS', 'EPERM'].includes(code ?? ''))
      throw new UsageError(`${file} can't be written: ${(error as Error).message}`)
    throw error
  }
}
