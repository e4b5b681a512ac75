import { ExportFailed } from './errors.ts'
import { openFile, type Line } from './send.ts'
import type { CallOptions, Client, ExportMethods } from './types.ts'
import { sleep } from './wait.ts'

/** A small bill is there in a second; a big one is looked after every five. */
const FIRST_LOOK_MS = 250
const MOST_MS = 5000

/** Following an export, and fetching its file. */
export function exportMethods(
  line: Line,
  client: Client,
  within: (options?: CallOptions) => CallOptions,
): ExportMethods {
  return {
    async wait({ export_id }, { onProgress, ...options } = {}) {
      const { signal } = within(options)
      for (let look = FIRST_LOOK_MS; ; look = Math.min(look * 1.5, MOST_MS)) {
        const job = await client.exports.get({ export_id }, options)
        onProgress?.(job)
        if (job.state === 'done') return job
        // A newer server may know other ends.
        if (job.state !== 'queued' && job.state !== 'running') throw new ExportFailed(export_id, job.state)
        await sleep(look, signal)
      }
    },
    async download({ export_id }, options) {
      // Asked for anew: a link expires.
      const job = await client.exports.get({ export_id }, options)
      if (job.url === null) throw new ExportFailed(export_id, job.state)
      return openFile(line, job.url, within(options))
    },
  }
}
