import type { Topic } from '@corehour/contract'
import {
  derivedId,
  heedAll,
  isTransient,
  putOff,
  SYSTEM,
  transact,
  unheeded,
  type App,
  type Happened,
  type Tx,
} from '../base/index.ts'
import { findMailable, findUsers, type User } from '../identity/index.ts'
import { queueMails, tellAll, type MailOrder } from '../notify/index.ts'
import { runLoop } from './loop.ts'

/** Who is told: whoever belongs to the account, the person (data.user_id), or the address that a person had before (data.former). */
type Reaction = { message: 'account' | 'person'; mail: 'account' | 'person' | 'former' }

/** What is done about what happened. */
export const REACTIONS: Readonly<Record<Topic, Reaction>> = {
  'topup.paid': { message: 'account', mail: 'account' },
  'topup.disputed': { message: 'account', mail: 'account' },
  'card.issued': { message: 'account', mail: 'account' },
  'card.expiring': { message: 'account', mail: 'account' },
  'password.changed': { message: 'person', mail: 'person' },
  'email.changed': { message: 'person', mail: 'former' },
}

const LOOK_MS = 500
const MOST_AT_ONCE = 100
/** What could not be told is tried again after so long. */
const AGAIN_SECONDS = 60
/** An account of an institute may have hundreds of users: the oldest are who opened it. */
const MOST_MAILS = 20

/** Turns what happened into messages and mails until stopped. */
export function runReactions(app: App, stopping: AbortSignal): Promise<void> {
  return runLoop(app, { name: 'reacting to what happened', pauseMs: LOOK_MS, stopping }, () => reactToAll(app))
}

/** Reacts to what nobody has reacted to yet; whether there may be more. */
export async function reactToAll(app: App): Promise<boolean> {
  const found = await transact(app, SYSTEM, (tx) => unheeded(tx, Object.keys(REACTIONS), MOST_AT_ONCE))
  await reactTogether(app, found)
  return found.length === MOST_AT_ONCE
}

/** Many by one transaction. Where it fails they are tried in halves, down to the one that can't be told: it waits, and holds up nothing else. */
async function reactTogether(app: App, found: readonly Happened[]): Promise<void> {
  const [first] = found
  if (!first) return
  try {
    await transact(app, SYSTEM, (tx) => react(tx, found))
  } catch (error) {
    if (isTransient(error)) throw error
    if (found.length > 1) {
      const half = Math.ceil(found.length / 2)
      await reactTogether(app, found.slice(0, half))
      await reactTogether(app, found.slice(half))
      return
    }
    const { accountId, happeningId, topic } = first
    const about = { error, account_id: accountId, happening_id: happeningId, topic }
    app.log.error(about, 'nobody was told of something that happened; it is tried again')
    await transact(app, SYSTEM, (tx) => putOff(tx, first, tx.now.add({ seconds: AGAIN_SECONDS })))
  }
}

/** One transaction: that they were reacted to, the messages and the mails, all of it or nothing; so it is done once. */
async function react(tx: Tx, found: readonly Happened[]): Promise<void> {
  const taken = await heedAll(tx, found)
  if (taken.length === 0) return
  const [people, mailable] = await Promise.all([
    findUsers(
      tx,
      taken.map(personIn).filter((userId) => userId !== undefined),
    ),
    findMailable(tx, [...new Set(taken.map(({ accountId }) => accountId))], MOST_MAILS),
  ])
  const orders = taken.map((happened): Orders => {
    const { accountId, happeningId, topic, data, at } = happened
    const userId = personIn(happened)
    const person = userId === undefined ? undefined : people.get(userId)
    const reader = REACTIONS[topic].message === 'person' ? (person?.userId ?? null) : null
    const recipients = recipientsOf(happened, person, mailable.get(accountId) ?? [])
    return {
      message: { messageId: derivedId('msg', happeningId), accountId, userId: reader, topic, data, at },
      mails: recipients.map(({ address, language }) => {
        const mailId = derivedId('mail', happeningId, address)
        return { mailId, address, language, kind: topic, data, near: accountId }
      }),
    }
  })
  await Promise.all([
    tellAll(
      tx,
      orders.map(({ message }) => message),
    ),
    queueMails(
      tx,
      orders.flatMap(({ mails }) => mails),
    ),
  ])
}

/** What is to be told of one happening. */
type Orders = { message: Parameters<typeof tellAll>[1][number]; mails: MailOrder[] }

function personIn({ data }: Happened): string | undefined {
  return typeof data.user_id === 'string' ? data.user_id : undefined
}

function recipientsOf(
  { topic, data }: Happened,
  person: User | undefined,
  mailable: readonly User[],
): { address: string; language: User['language'] }[] {
  const { mail } = REACTIONS[topic]
  if (mail === 'former') return [{ address: String(data.former), language: person?.language ?? 'en' }]
  const users = mail === 'account' ? mailable : person ? [person] : []
  return users.flatMap(({ email, language }) => (email === null ? [] : [{ address: email, language }]))
}
