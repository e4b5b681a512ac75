import type { Language } from '@corehour/contract'
import type { Tx } from '../base/index.ts'
import { checkName, checkSignInEmail } from './name.ts'
import { deleteSignUp, insertSignUp, readSignUp } from './signInStore.ts'

/** Who asked to be taken in and has not confirmed the address yet. Nobody is known by it before. */
export type SignUp = {
  signUpId: string
  email: string
  name: string
  language: Language
  /** Of the password that was chosen. */
  secret: string
  createdAt: Temporal.Instant
  expiresAt: Temporal.Instant
}

/** A mail that comes late still finds it: as long as mail is tried (2 days), and its link lasts (1). */
const KEPT_HOURS = 72

/**
 * Writes down that somebody wants to be taken in, whether the address is known already or not: who can read its mail is told which.
 * The same id again changes nothing.
 * @throws Refusal bad_name, bad_email.
 */
export async function askSignUp(
  tx: Tx,
  input: Pick<SignUp, 'signUpId' | 'email' | 'name' | 'language' | 'secret'>,
): Promise<SignUp> {
  const signUp: SignUp = {
    ...input,
    name: checkName(input.name),
    email: checkSignInEmail(input.email),
    createdAt: tx.now,
    expiresAt: tx.now.add({ hours: KEPT_HOURS }),
  }
  await insertSignUp(tx, signUp)
  return signUp
}

/** A sign-up that waits, or undefined. */
export function findSignUp(tx: Tx, signUpId: string): Promise<SignUp | undefined> {
  return readSignUp(tx, signUpId)
}

/** Forgets a sign-up that has become a user. */
export function endSignUp(tx: Tx, signUpId: string): Promise<void> {
  return deleteSignUp(tx, signUpId)
}
