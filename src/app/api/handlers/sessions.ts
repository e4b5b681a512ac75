import { Refusal, transact, type Tx } from '../../../base/index.ts'
import { endSession, endSessions, findUser, listSessions, signIn, type Session } from '../../../identity/index.ts'
import { actorOf, type Caller, type HandlersOf } from '../call.ts'
import type { Services } from '../services.ts'
import { instant } from '../show.ts'
import { findSelf, showMe } from './me.ts'

export function sessionHandlers({ keyring, version }: Services): HandlersOf<'sessions'> {
  return {
    create: {
      async outside(app, { caller, body, visit }) {
        const { session, token } = await signIn(app, { ...body, place: visit })
        await transact(app, actorOf(caller), (tx) => leaveSession(tx, caller))
        keyring.forget()
        visit.keep(token, session.expiresAt)
        return showSession(session, session.sessionId)
      },
    },
    current: {
      async read(tx, { caller }) {
        const user = await findSelf(tx, caller)
        return { me: user ? showMe(tx, caller, user, version) : null }
      },
    },
    list: {
      async read(tx, { caller }) {
        const { userId, sessionId } = caller.person!
        const user = await findUser(tx, userId)
        return { data: (await listSessions(tx, user!)).map((session) => showSession(session, sessionId)) }
      },
    },
    endCurrent: {
      async outside(app, { caller, visit }) {
        await transact(app, actorOf(caller), (tx) => leaveSession(tx, caller))
        keyring.forget()
        visit.forget()
        return { ended: true }
      },
    },
    endOthers: {
      async outside(app, { caller }) {
        const { userId, sessionId } = caller.person!
        await transact(app, actorOf(caller), (tx) => endSessions(tx, userId, sessionId))
        keyring.forget()
        return { ended: true }
      },
    },
    end: {
      async outside(app, { caller, params }) {
        const { userId } = caller.person!
        const isTheirs = await transact(app, actorOf(caller), (tx) => endSession(tx, userId, params.session_id))
        if (!isTheirs) throw new Refusal('not_found', { value: params.session_id })
        keyring.forget()
        return { ended: true }
      },
    },
  }
}

/** Ends the session that a request came with, if with one. */
export async function leaveSession(tx: Tx, { person }: Caller): Promise<void> {
  if (person) await endSession(tx, person.userId, person.sessionId)
}

export function showSession(session: Session, current: string) {
  return {
    session_id: session.sessionId,
    device: session.device,
    address: session.address,
    created_at: instant(session.createdAt),
    last_seen_at: instant(session.seenAt),
    expires_at: instant(session.expiresAt),
    current: session.sessionId === current,
  }
}
