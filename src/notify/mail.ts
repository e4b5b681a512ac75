import type { Language, Topic } from '@corehour/contract'
import { bucketOf, type Tx } from '../base/index.ts'
import type { Data } from './message.ts'
import {
  deleteOldMails,
  endMail,
  insertMails,
  postponeMail,
  readDueMails,
  readMail,
  readWaitingMails,
  takeMail,
} from './mailStore.ts'

/** What a mail is about: something that happened, or a link that somebody asked for. */
export type MailKind = Topic | 'sign_up' | 'email_change' | 'password_reset'

/** A mail that is to be written and sent. */
export type Mail = {
  mailId: string
  bucket: number
  address: string
  language: Language
  kind: MailKind
  data: Data
  createdAt: Temporal.Instant
  dueAt: Temporal.Instant
  giveUpAt: Temporal.Instant
  tries: number
}

/** After two days nobody waits for it any more; mail servers give up after about five. */
const TRIED_HOURS = 48
/** Whoever takes a mail has it for so long: longer than the slowest server takes to be given up (mailServer.ts). */
const TAKEN_SECONDS = 300
/** Minutes to the next try: a hiccup, a restart, an outage. */
const PAUSES = [1, 5, 15, 60, 240]
const KEPT_DAYS = 30

/** What is asked for; `near` is the account that a mail is about, or else its address. */
export type MailOrder = Pick<Mail, 'mailId' | 'address' | 'language' | 'kind' | 'data'> & { near: string }

/** Writes down that a mail is to be sent. The same id again writes nothing more. */
export function queueMail(tx: Tx, order: MailOrder): Promise<void> {
  return queueMails(tx, [order])
}

/** The same for many. */
export async function queueMails(tx: Tx, orders: readonly MailOrder[]): Promise<void> {
  if (orders.length === 0) return
  const giveUpAt = tx.now.add({ hours: TRIED_HOURS })
  const fresh = { createdAt: tx.now, dueAt: tx.now, giveUpAt, tries: 0 }
  await insertMails(
    tx,
    orders.map(({ near, ...mail }) => ({ ...mail, ...fresh, bucket: bucketOf(near) })),
  )
}

/** Mails whose time has come, the oldest first. */
export function dueMails(tx: Tx, limit: number): Promise<Mail[]> {
  return readDueMails(tx, limit)
}

/** Takes a mail to send it; undefined where another has it, or it is done. What a killed server had is due again after five minutes. */
export function claimMail(tx: Tx, mail: Mail): Promise<Mail | undefined> {
  return takeMail(tx, mail, tx.now.add({ seconds: TAKEN_SECONDS }))
}

/** Notes the end of a mail: sent, dropped because there is nothing to tell any more, or failed for good. */
export function finishMail(tx: Tx, mail: Mail, state: 'sent' | 'dropped' | 'failed', failure?: string): Promise<void> {
  return endMail(tx, mail, state, failure ?? null)
}

/** Notes a failure that may pass: when it is tried again; undefined when it is given up. */
export async function retryMail(tx: Tx, mail: Mail, failure: string): Promise<Temporal.Instant | undefined> {
  const next = tx.now.add({ minutes: PAUSES[Math.min(mail.tries, PAUSES.length) - 1]! })
  if (Temporal.Instant.compare(next, mail.giveUpAt) < 0) {
    await postponeMail(tx, mail, next, failure)
    return next
  }
  await endMail(tx, mail, 'failed', failure)
  return undefined
}

/** Mails that are not sent, the newest first. */
export function waitingMails(tx: Tx, limit: number): Promise<Mail[]> {
  return readWaitingMails(tx, limit)
}

/** A mail that waits, or undefined. */
export function findMail(tx: Tx, mailId: string): Promise<Mail | undefined> {
  return readMail(tx, mailId)
}

/** Deletes mails of a month ago. */
export function forgetMails(tx: Tx): Promise<void> {
  return deleteOldMails(tx, tx.now.subtract({ hours: KEPT_DAYS * 24 }))
}
