import type { BillDetail } from '../details.ts'
import { csvHead, openCsv } from './csv.ts'
import type { ExportFormat } from './exportStore.ts'
import { openJsonl } from './jsonl.ts'
import { openRows, type DetailRow } from './rows.ts'
import { openSink, type Sink } from './sink.ts'
import { openXlsx } from './xlsx.ts'

/** Is told how far a file is, after every thousand rows. */
export type Watch = (rows: number) => void

/**
 * Writes a detailed bill as a file, on disk when it resolves: CSV with a header, JSON Lines in the API's forms, or a
 * workbook. Amounts are decimals whose columns add up, with exact grains beside them. Any number of rows takes the
 * same memory; after a failure there is no file.
 * @param timeZone whose clock a workbook's times are of.
 */
export async function writeDetails(
  details: AsyncIterable<readonly BillDetail[]>,
  format: ExportFormat,
  path: string,
  timeZone: string,
  watch: Watch = () => {},
): Promise<{ rows: number; bytes: number }> {
  const sink = await openSink(path)
  let rows = 0
  try {
    const toRows = openRows()
    const writer = await openWriter(sink, format, timeZone)
    for await (const batch of details) {
      await writer.write(toRows(batch))
      rows += batch.length
      watch(rows)
    }
    await writer.finish()
    await sink.close()
  } catch (error) {
    await sink.abandon()
    throw error
  }
  return { rows, bytes: sink.length() }
}

type Writer = { write(rows: readonly DetailRow[]): Promise<void>; finish(): Promise<void> }

async function openWriter(sink: Sink, format: ExportFormat, timeZone: string): Promise<Writer> {
  if (format === 'xlsx') return openXlsx(sink, timeZone)
  const encode = format === 'csv' ? openCsv() : openJsonl()
  if (format === 'csv') await sink.write(Buffer.from(csvHead))
  return { write: (rows) => sink.write(encode(rows)), finish: async () => {} }
}
