import type { Topic } from '@corehour/contract'
import { derivedId, heed, SYSTEM, transact, unheeded, type App, type Happened, type Tx } from '../base/index.ts'
import { findMailable, findUser, type User } from '../identity/index.ts'
import { queueMail, tell } from '../notify/index.ts'
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
/** An account of an institute may have hundreds of users: the oldest are who opened it. */
const MOST_MAILS = 20

/** Turns what happened into messages and mails until stopped. */
export function runReactions(app: App, stopping: AbortSignal): Promise<void> {
  return runLoop(app, { name: 'reacting to what happened', pauseMs: LOOK_MS, stopping }, () => reactToAll(app))
}

/** Reacts to what nobody has reacted to yet; whether there may be more. */
export async function reactToAll(app: App): Promise<boolean> {
  const found = await transact(app, SYSTEM, (tx) => unheeded(tx, Object.keys(REACTIONS), MOST_AT_ONCE))
  for (const happened of found) await transact(app, SYSTEM, (tx) => react(tx, happened))
  return found.length === MOST_AT_ONCE
}

/** One transaction: that it was reacted to, the message and the mails, all of it or nothing; so it is done once. */
async function react(tx: Tx, happened: Happened): Promise<void> {
  if (!(await heed(tx, happened))) return
  const { accountId, happeningId, topic, data, at } = happened
  const reaction = REACTIONS[topic]
  const person = typeof data.user_id === 'string' ? await findUser(tx, data.user_id) : undefined
  const userId = reaction.message === 'person' ? (person?.userId ?? null) : null
  await tell(tx, { messageId: derivedId('msg', happeningId), accountId, userId, topic, data, at })
  for (const { address, language } of await recipientsOf(tx, reaction, happened, person)) {
    const mailId = derivedId('mail', happeningId, address)
    await queueMail(tx, { mailId, address, language, kind: topic, data, near: accountId })
  }
}

async function recipientsOf(
  tx: Tx,
  { mail }: Reaction,
  { accountId, data }: Happened,
  person: User | undefined,
): Promise<{ address: string; language: User['language'] }[]> {
  if (mail === 'former') return [{ address: String(data.former), language: person?.language ?? 'en' }]
  const users = mail === 'account' ? await findMailable(tx, accountId, MOST_MAILS) : person ? [person] : []
  return users.flatMap(({ email, language }) => (email === null ? [] : [{ address: email, language }]))
}
