import { newId, transact, type Actor } from '../../../base/index.ts'
import { changePassword, checkSignInEmail, resetPassword, takeAttempts } from '../../../identity/index.ts'
import { queueMail } from '../../../notify/index.ts'
import type { HandlersOf } from '../call.ts'
import type { Services } from '../services.ts'

const VISITOR: Actor = { kind: 'system', id: 'password' }

export function passwordHandlers({ keyring }: Services): HandlersOf<'passwords'> {
  return {
    askReset: {
      async outside(app, { body, visit, language }) {
        const email = checkSignInEmail(body.email)
        const mailId = newId('mail', app.clock.now())
        // Whose address it is, if anybody's, is looked up when the mail is written: here it would show in the time that it takes.
        await transact(app, VISITOR, async (tx) => {
          await takeAttempts(tx, [
            { kind: 'mail', of: email },
            { kind: 'mailFrom', of: visit.address },
          ])
          await queueMail(tx, { mailId, address: email, language, kind: 'password_reset', data: {}, near: email })
        })
        return { email }
      },
    },
    reset: {
      async outside(app, { body, visit, requestId }) {
        await resetPassword(app, { ...body, place: visit, requestId })
        keyring.forget()
        return { changed: true }
      },
    },
    change: {
      async outside(app, { caller, body, visit }) {
        const { userId, sessionId } = caller.person!
        const { password, new_password: newPassword } = body
        await changePassword(app, { userId, sessionId, password, newPassword, place: visit })
        keyring.forget()
        return { changed: true }
      },
    },
  }
}
