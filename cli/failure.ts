import { CorehourError, ExportFailed, Unreachable, UnreadableAnswer } from '@corehour/sdk'
import { EXIT, UsageError } from './verb.ts'

/** The server does not take the key. */
export class KeyRefused extends Error {
  override readonly name = 'KeyRefused'
}

/**
 * What went wrong with a server, in one line, and the exit status; undefined for what is no such failure. Where it is not known whether
 * something was done and the command takes `--idempotency-key` (`repeatable`), the key with which it is done once is said.
 */
export function explainFailure(error: unknown, repeatable = false): { text: string; status: number } | undefined {
  if (error instanceof UsageError) return { text: error.message, status: EXIT.usage }
  if (error instanceof ExportFailed || error instanceof UnreadableAnswer)
    return { text: error.message, status: EXIT.failed }
  if (error instanceof KeyRefused) return { text: error.message, status: EXIT.refused }
  if (error instanceof CorehourError) {
    const { detail, code, status, requestId } = error
    if (status < 500) return { text: `${detail} (${code})`, status: EXIT.refused }
    const text = `${detail} (${code}, ${requestId ?? 'no request id'})${again(error, repeatable)}`
    return { text, status: code === 'internal' ? EXIT.failed : EXIT.unreachable }
  }
  if (error instanceof Unreachable)
    return { text: `${error.message}${again(error, repeatable)}`, status: EXIT.unreachable }
  return undefined
}

function again(error: CorehourError | Unreachable, repeatable: boolean): string {
  const { idempotencyKey } = error
  const untouched = error instanceof CorehourError && error.code === 'busy'
  if (!repeatable || idempotencyKey === undefined || untouched) return ''
  return `\nWhether it was done is not known. The same command with --idempotency-key ${idempotencyKey} does it once`
}
