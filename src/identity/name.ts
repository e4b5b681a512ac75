import { Refusal, type IdPrefix } from '../base/index.ts'

/** PostgreSQL can't keep a NUL or half a surrogate pair; lists and logs can't show the other control characters. */
const NAME = /^(?=\S)[^\p{Cc}\p{Cs}\p{Zl}\p{Zp}]{1,200}(?<=\S)$/u
const EMAIL = /^[^\s@\p{Cc}\p{Cs}]{1,64}@[^\s@\p{Cc}\p{Cs}]{1,189}$/u
const ID_TAIL = /^[0-9a-z][0-9a-z_-]{0,59}$/

/** @throws Refusal bad_name unless it has 1 to 200 characters, no control characters and no blank at either end. */
export function checkName(name: string): string {
  if (typeof name !== 'string' || !NAME.test(name))
    throw new Refusal('bad_name', { value: JSON.stringify(String(name).slice(0, 60)) })
  return name
}

/** @throws Refusal bad_request unless it looks like name@host. */
export function checkEmail(email: string | undefined): string | null {
  if (email === undefined) return null
  if (typeof email !== 'string' || !EMAIL.test(email))
    throw new Refusal('bad_request', { detail: 'email must be an address such as ada@example.org' })
  return email
}

/** What browsers take for an address, and mail programs read in one way only: no quotes, comments, lists or look-alike letters. */
const SIGN_IN_EMAIL =
  /^[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?(?:\.[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?)*$/i

/** Whether somebody may sign in with an address. */
export function isSignInEmail(email: string): boolean {
  return email.length <= 254 && SIGN_IN_EMAIL.test(email)
}

/**
 * The address by which a person is known: in small letters.
 * @throws Refusal bad_email.
 */
export function checkSignInEmail(email: string): string {
  if (!isSignInEmail(email)) throw new Refusal('bad_email')
  return email.toLowerCase()
}

/**
 * An id of the caller's choice: the prefix, an underscore and up to 60 of 0-9 a-z _ -.
 * @throws Refusal bad_request.
 */
export function checkId(prefix: IdPrefix, id: string): string {
  if (typeof id === 'string' && id.startsWith(`${prefix}_`) && ID_TAIL.test(id.slice(prefix.length + 1))) return id
  throw new Refusal('bad_request', { detail: `an id of this kind is ${prefix}_ and up to 60 of 0-9, a-z, _ and -` })
}
