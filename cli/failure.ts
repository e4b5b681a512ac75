import { CorehourError, ExportFailed, Unreachable } from '@corehour/sdk'
import { EXIT, UsageError } from './verb.ts'

/** What went wrong with a server, in one line, and the exit status; undefined for what is no such failure. */
export function explainFailure(error: unknown): { text: string; status: number } | undefined {
  if (error instanceof UsageError) return { text: error.message, status: EXIT.usage }
  if (error instanceof CorehourError) {
    const { detail, code, status, requestId, idempotencyKey } = error
    if (status < 500) return { text: `${detail} (${code})`, status: EXIT.refused }
    const again =
      idempotencyKey === undefined ? '' : '; whether it was done is not known, but the same call again does it once'
    return {
      text: `${detail} (${code}, ${requestId ?? 'no request id'})${code === 'internal' ? again : ''}`,
      status: code === 'internal' ? EXIT.failed : EXIT.unreachable,
    }
  }
  if (error instanceof Unreachable) return { text: error.message, status: EXIT.unreachable }
  if (error instanceof ExportFailed) return { text: error.message, status: EXIT.failed }
  return undefined
}
