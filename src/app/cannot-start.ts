/** The process can't start, for a reason that whoever runs it can act on: shown as one line, without a stack. */
export class CannotStart extends Error {
  override readonly name = 'CannotStart'
}

/** Ends the process with status 1 after one line on stderr; an unexpected error keeps its stack, because it is ours. */
export function reportFailure(error: unknown): void {
  const text = error instanceof CannotStart ? error.message : error instanceof Error ? error.stack : String(error)
  process.stderr.write(`corehour: ${text}\n`)
  process.exitCode = 1
}

/** The code of a system or PostgreSQL error, such as `EACCES` or `42501`. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}
