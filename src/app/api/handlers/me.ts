import type { Routes } from '@corehour/contract'
import { newId, transact, type App, type Tx } from '../../../base/index.ts'
import {
  checkSignInEmail,
  findUser,
  provePerson,
  takeAttempts,
  updateUser,
  type User,
  type View,
} from '../../../identity/index.ts'
import { queueMail } from '../../../notify/index.ts'
import { actorOf, type Call, type Caller, type HandlersOf } from '../call.ts'
import type { Services } from '../services.ts'
import { instant } from '../show.ts'

export function meHandlers({ version, keyring }: Services): HandlersOf<'me'> {
  return {
    get: {
      async read(tx, { caller }) {
        const user = await findSelf(tx, caller)
        return showMe(tx, caller, user, version)
      },
    },
    update: {
      async outside(app, call) {
        const { caller, body, visit } = call
        const mailTo = await addressToConfirm(app, call)
        const mailId = newId('mail', app.clock.now())
        const shown = await transact(app, actorOf(caller), async (tx) => {
          const { userId } = caller.person!
          const user = await updateUser(tx, (await findUser(tx, userId))!, body)
          if (mailTo !== undefined) {
            await takeAttempts(tx, [
              { kind: 'mail', of: mailTo },
              { kind: 'mailFrom', of: visit.address },
            ])
            const mail = { mailId, address: mailTo, language: user.language, data: { user_id: userId } }
            await queueMail(tx, { ...mail, kind: 'email_change', near: mailTo })
          }
          return showMe(tx, { ...caller, name: user.name }, user, version)
        })
        keyring.forget()
        return shown
      },
    },
  }
}

/** The address to which a link is mailed, where another one is asked for by who knows the password. */
async function addressToConfirm(
  app: App,
  { caller, body, visit }: Call<Routes['me']['update']>,
): Promise<string | undefined> {
  if (body.email === undefined) return undefined
  const email = checkSignInEmail(body.email)
  const { userId } = caller.person!
  const proven = await provePerson(app, { userId, password: body.password ?? '', place: visit })
  return proven.email === email ? undefined : email
}

/** The person who asks, or as whom staff look. */
export async function findSelf(tx: Tx, { person, view }: Caller): Promise<User | undefined> {
  const userId = person?.userId ?? view?.userId
  return userId === undefined ? undefined : findUser(tx, userId)
}

/** Who asks, as the API tells it. */
export function showMe(tx: Tx, caller: Caller, user: User | undefined, version: string) {
  return {
    key_id: user ? null : caller.keyId,
    session_id: caller.person?.sessionId ?? null,
    name: caller.name,
    scope: caller.scope,
    account_id: caller.accountId,
    user_id: user?.userId ?? caller.userId,
    email: user?.email ?? null,
    language: user?.language ?? null,
    staff_role: user?.staffRole ?? null,
    view: caller.view ? showView(caller.view) : null,
    sources: caller.sources,
    version,
    time_zone: tx.timeZone,
    now: instant(tx.now),
  }
}

function showView({ viewId, accountName, keyName, reason, expiresAt }: View) {
  return {
    view_id: viewId,
    account_name: accountName,
    staff_name: keyName,
    reason,
    expires_at: instant(expiresAt),
  }
}
