import { UsageError } from '@corehour/cli'
import { Refusal } from '../../base/index.ts'
import { readConfig, type Config } from '../config.ts'

/** @throws UsageError for a setting in the environment that can't be used. */
export function configOf(): Config {
  try {
    return readConfig()
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
}

/** Reads an argument by `read`, whose refusals are then about how the command was called. */
export function readInput<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw error instanceof Refusal ? new InputRefused(error) : error
  }
}

/** A refusal of a file or an argument: exit status 2, where one of the books themselves is 3. */
export class InputRefused extends Error {
  readonly refusal: Refusal
  constructor(refusal: Refusal) {
    super(refusal.message)
    this.refusal = refusal
  }
}
