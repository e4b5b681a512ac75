import type { Clock } from '../../base/index.ts'
import type { Till } from '../../payments/index.ts'
import type { Keyring } from './keyring.ts'

/** What handlers need beside the books. */
export type Services = {
  keyring: Keyring
  /** Where people reach the server; undefined: at whatever address they use. */
  publicUrl: string | undefined
  /** The server's version. */
  version: string
  /** Where finished exports lie, and how their links are signed. */
  shelf: Shelf
  /** After so many hours what was admitted with a hold and has not started is given back. */
  holdHours: number
  /** Where money comes in. */
  till: Till
  /** Whether the gateways are stand-ins, where nothing is really paid. */
  sandbox: boolean
  /** Whether there is a server through which mail goes; without one it stays in the outbox. */
  sendsMail: boolean
  /** Whom people may ask. */
  support: { email: string | undefined; phone: string | undefined }
  /** Only on a server that was started with one. */
  testClock?: TestClock
}

/** Files that callers asked for. */
export type Shelf = {
  /** Where the file of an export lies. */
  pathOf(exportId: string, format: string): string
  /** An address, with its end and signature, under which whoever has it may read the file. */
  sign(exportId: string, expiresAt: Temporal.Instant): string
  /** Whether an address is one that `sign` made and that has not expired. */
  isSigned(exportId: string, expires: string, signature: string): boolean
}

/** A clock that moves only when told to. */
export type TestClock = Clock & {
  /** Moves it, boundary by boundary, doing what is due at each; never back. Answers where it stands. */
  advance(to: Temporal.Instant): Promise<Temporal.Instant>
}
