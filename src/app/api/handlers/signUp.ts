import { DEFAULT_CURRENCY } from '@corehour/contract'
import { derivedId, newId, Refusal, transact, type Actor, type Tx } from '../../../base/index.ts'
import {
  addPassword,
  askSignUp,
  beginSession,
  changeEmail,
  checkPassword,
  checkSignInEmail,
  createUser,
  endSignUp,
  findSignUp,
  findUser,
  hashPassword,
  newSecret,
  proveLink,
  spendLink,
  takeAttempts,
  type User,
} from '../../../identity/index.ts'
import { queueMail } from '../../../notify/index.ts'
import { openAccount } from '../../../wallet/index.ts'
import type { HandlersOf } from '../call.ts'
import { leaveSession, showSession } from './sessions.ts'

const VISITOR: Actor = { kind: 'system', id: 'sign-up' }

export const signUpHandlers: HandlersOf<'signUp'> = {
  create: {
    async outside(app, { body, visit, language: asked }) {
      const { name, password, language = asked } = body
      const email = checkSignInEmail(body.email)
      checkPassword(password, [name, email])
      await transact(app, VISITOR, (tx) =>
        takeAttempts(tx, [
          { kind: 'mail', of: email },
          { kind: 'mailFrom', of: visit.address },
        ]),
      )
      const secret = await hashPassword(password)
      const [signUpId, mailId] = [newId('sup', app.clock.now()), newId('mail', app.clock.now())]
      // Whether the address is known is looked up when the mail is written: here it would show in the time that it takes.
      await transact(app, VISITOR, async (tx) => {
        await askSignUp(tx, { signUpId, email, name, language, secret })
        const data = { sign_up_id: signUpId }
        await queueMail(tx, { mailId, address: email, language, kind: 'sign_up', data, near: email })
      })
      return { email }
    },
  },
  confirm: {
    async outside(app, { caller, body, visit, requestId }) {
      await proveLink(app, { ...body, place: visit })
      const token = newSecret('session')
      const session = await transact(app, VISITOR, async (tx) => {
        const { purpose, about, email } = await spendLink(tx, body.token, requestId)
        const user = purpose === 'sign_up' ? await openUser(tx, about) : await changeEmail(tx, about, email)
        await leaveSession(tx, caller)
        return beginSession(tx, user, visit, token)
      })
      visit.keep(token, session.expiresAt)
      return showSession(session, session.sessionId)
    },
  },
}

/**
 * A sign-up becomes a user with an account. Their ids are made of its own: tried again after a commit whose answer was lost, the same stand.
 * @throws Refusal link_spent when it is gone, or the address was taken meanwhile.
 */
async function openUser(tx: Tx, signUpId: string): Promise<User> {
  const [accountId, userId] = [derivedId('acct', signUpId), derivedId('user', signUpId)]
  const signUp = await findSignUp(tx, signUpId)
  const made = signUp ? undefined : await findUser(tx, userId)
  if (made) return made
  if (!signUp) throw new Refusal('link_spent')
  const { name, email, language, secret } = signUp
  await openAccount(tx, { accountId, name, currency: DEFAULT_CURRENCY })
  const user = await createUser(tx, { accountId, userId, name, email, language })
  await addPassword(tx, user, email, secret)
  await endSignUp(tx, signUpId)
  return user
}
