import { parseArgs } from 'node:util'
import { CannotStart } from './cannot-start.ts'

/** What `npm start -- ..` takes. */
export type StartOptions = {
  /** Without the demo world. */
  empty: boolean
  /** With a clock that moves only by /v1/test-clock/advance. */
  testClock: boolean
}

/** @throws CannotStart for an option that isn't one. */
export function readOptions(args: string[]): StartOptions {
  try {
    const { values } = parseArgs({ args, options: { empty: { type: 'boolean' }, 'test-clock': { type: 'boolean' } } })
    return { empty: values.empty === true, testClock: values['test-clock'] === true }
  } catch {
    throw new CannotStart(
      `npm start takes -- --empty (no demo world) and -- --test-clock (a clock moved by hand), not '${args.join(' ')}'`,
    )
  }
}
