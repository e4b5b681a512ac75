import type { Tx } from '../base/index.ts'
import type { User, UserKey } from './people.ts'
import type { SignUp } from './signUp.ts'
import { USER } from './store.ts'

/** By what a person signs in: the address in small letters, and what is kept of the password. */
export type Password = UserKey & { subject: string; secret: string }

const PASSWORD = `subject, bucket, account_id as "accountId", user_id as "userId", secret`

export async function readPassword(tx: Tx, subject: string): Promise<Password | undefined> {
  const [found] = await tx.query<Password>(
    { text: `select ${PASSWORD} from sign_in_method where kind = 'password' and subject = $1` },
    [subject],
  )
  return found
}

export async function readPasswordOf(tx: Tx, userId: string): Promise<Password | undefined> {
  const [found] = await tx.query<Password>(
    { text: `select ${PASSWORD} from sign_in_method where kind = 'password' and user_id = $1` },
    [userId],
  )
  return found
}

/** Sets a user's password under an address; false where another user has the address. */
export async function writePassword(tx: Tx, user: UserKey, subject: string, secret: string): Promise<boolean> {
  const written = await tx.execute(
    {
      text: `insert into sign_in_method (kind, subject, bucket, account_id, user_id, secret, created_at, changed_at)
        values ('password', $1, $2, $3, $4, $5, $6, $6)
        on conflict (kind, subject) do update set secret = excluded.secret, changed_at = excluded.changed_at
          where sign_in_method.user_id = excluded.user_id`,
    },
    [subject, user.bucket, user.accountId, user.userId, secret, tx.now],
  )
  return written > 0
}

/** Replaces what is kept of a password by the same one's of today's cost. */
export async function rewritePassword(tx: Tx, userId: string, old: string, secret: string): Promise<void> {
  await tx.query(
    { text: `update sign_in_method set secret = $3 where kind = 'password' and user_id = $1 and secret = $2` },
    [userId, old, secret],
  )
}

export async function deletePassword(tx: Tx, userId: string): Promise<void> {
  await tx.query({ text: `delete from sign_in_method where kind = 'password' and user_id = $1` }, [userId])
}

/** The oldest users of an address, in any case. */
export function readUsersOf(tx: Tx, email: string): Promise<User[]> {
  return tx.query<User>(
    { text: `select ${USER} from users where lower(email) = lower($1) order by created_at, user_id limit 10` },
    [email],
  )
}

const SIGN_UP = `sign_up_id as "signUpId", email, name, language, secret, created_at as "createdAt", expires_at as "expiresAt"`

export async function insertSignUp(tx: Tx, signUp: SignUp): Promise<void> {
  const { signUpId, email, name, language, secret, createdAt, expiresAt } = signUp
  await tx.query(
    {
      text: `insert into sign_up (sign_up_id, email, name, language, secret, created_at, expires_at)
        values ($1, $2, $3, $4, $5, $6, $7) on conflict (sign_up_id) do nothing`,
    },
    [signUpId, email, name, language, secret, createdAt, expiresAt],
  )
}

export async function readSignUp(tx: Tx, signUpId: string): Promise<SignUp | undefined> {
  const [found] = await tx.query<SignUp>(
    { text: `select ${SIGN_UP} from sign_up where sign_up_id = $1 and expires_at > $2` },
    [signUpId, tx.now],
  )
  return found
}

export async function deleteSignUp(tx: Tx, signUpId: string): Promise<void> {
  await tx.query({ text: 'delete from sign_up where sign_up_id = $1' }, [signUpId])
}

export async function deleteOldSignUps(tx: Tx): Promise<void> {
  await tx.query({ text: 'delete from sign_up where expires_at <= $1' }, [tx.now])
}
