/** The command was called in a way that can't be: exit status 2, one line and where to read on. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}
