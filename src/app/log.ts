import type { Clock, Log } from '../base/index.ts'

/** A log of one JSON object a line, by default on stderr; bigints are written as text, errors with their stack. */
export function openLog(clock: Clock, write = (line: string) => void process.stderr.write(line)): Log {
  const put = (level: string) => (details: object, message: string) => {
    write(`${JSON.stringify({ at: clock.now().toString(), level, message, ...details }, readable)}\n`)
  }
  return { info: put('info'), error: put('error') }
}

function readable(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString()
  if (value instanceof Error) return value.stack
  return value
}
