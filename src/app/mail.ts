import type { Language } from '@corehour/contract'
import { SYSTEM, transact, type App, type Tx } from '../base/index.ts'
import { findPerson, findSignUp, findUser, makeLink, type LinkPurpose } from '../identity/index.ts'
import {
  claimMail,
  dueMails,
  finishMail,
  render,
  retryMail,
  writeLetter,
  writeLinkLetter,
  type Letter,
  type Mail,
  type MailServer,
  type Rendered,
  type SupportContacts,
} from '../notify/index.ts'
import { runLoop } from './loop.ts'

/** Where links lead, and whom people may ask. */
export type House = { url: string; support: SupportContacts }

const LOOK_MS = 500
const MOST_AT_ONCE = 5

/** Sends mails whose time has come until stopped; what was being sent then is sent by the next server, under the same Message-ID. */
export function runMail(app: App, server: MailServer, house: House, stopping: AbortSignal): Promise<void> {
  return runLoop(app, { name: 'sending mail', pauseMs: LOOK_MS, stopping }, () => sendDue(app, server, house, stopping))
}

/** Sends what is due, a few at a time; whether there may be more. */
export async function sendDue(app: App, server: MailServer, house: House, stopping: AbortSignal): Promise<boolean> {
  const due = await transact(app, SYSTEM, (tx) => dueMails(tx, MOST_AT_ONCE))
  const tried = await Promise.all(due.map((mail) => sendOne(app, server, house, mail, stopping)))
  return tried.length === MOST_AT_ONCE && tried.some((each) => each)
}

/** Whether this mail was ours to send. */
async function sendOne(app: App, server: MailServer, house: House, due: Mail, stopping: AbortSignal): Promise<boolean> {
  const mail = await transact(app, SYSTEM, (tx) => claimMail(tx, due))
  if (!mail) return false
  if (Temporal.Instant.compare(app.clock.now(), mail.giveUpAt) >= 0) {
    await transact(app, SYSTEM, (tx) => finishMail(tx, mail, 'failed', 'it came too late to be of use'))
    return true
  }
  const about = { mail_id: mail.mailId, kind: mail.kind, tries: mail.tries }
  try {
    const written = await transact(app, SYSTEM, (tx) => writeMail(tx, mail, house))
    const { mailId, address } = mail
    const outcome = written && (await server.send({ mailId, address, ...written }, stopping))
    if (stopping.aborted && !outcome?.isSent) return false
    await transact(app, SYSTEM, async (tx) => {
      if (!outcome) await finishMail(tx, mail, 'dropped')
      else if (outcome.isSent) await finishMail(tx, mail, 'sent')
      else if (outcome.isFinal) await finishMail(tx, mail, 'failed', outcome.failure)
      else await retryMail(tx, mail, outcome.failure)
    })
    if (outcome && !outcome.isSent)
      app.log.error({ ...about, failure: outcome.failure, is_final: outcome.isFinal }, 'a mail was not sent')
  } catch (error) {
    app.log.error({ ...about, error }, 'a mail was not written, or its end not noted')
    await transact(app, SYSTEM, (tx) => retryMail(tx, mail, 'a fault of our own; the log says which'))
  }
  return true
}

/**
 * Writes a mail, as things stand now; undefined where there is nothing to tell any more. A link's secret is made here, and is in the mail
 * alone: what is written anew has a new one, and both count until one is used or its time is over.
 */
export async function writeMail(tx: Tx, mail: Mail, house: House): Promise<Rendered | undefined> {
  const found = await letterOf(tx, mail, house)
  return found && render(found.letter, found.language, house.support)
}

async function letterOf(tx: Tx, mail: Mail, house: House): Promise<{ letter: Letter; language: Language } | undefined> {
  const { kind, address, data } = mail
  switch (kind) {
    case 'sign_up': {
      const signUp = await findSignUp(tx, String(data.sign_up_id))
      if (!signUp) return undefined
      if (await findPerson(tx, address)) return linkLetter(tx, mail, house, { words: 'knownAddress' })
      const { signUpId, language } = signUp
      return linkLetter(tx, mail, house, {
        words: 'confirmSignUp',
        language,
        purpose: 'sign_up',
        about: signUpId,
      })
    }
    case 'email_change': {
      const user = await findUser(tx, String(data.user_id))
      if (!user) return undefined
      const other = await findPerson(tx, address)
      if (other && other.user.userId !== user.userId) return linkLetter(tx, mail, house, { words: 'knownAddress' })
      const { userId, name, language } = user
      return linkLetter(tx, mail, house, { words: 'confirmEmail', name, language, purpose: 'email', about: userId })
    }
    case 'password_reset': {
      const person = await findPerson(tx, address)
      if (!person) return undefined
      const { userId, name, language } = person.user
      const words = person.hasPassword ? 'resetPassword' : 'invitation'
      return linkLetter(tx, mail, house, { words, name, language, purpose: 'password', about: userId })
    }
    default:
      return {
        letter: writeLetter(kind, data, { url: house.url, timeZone: tx.timeZone }, mail.language),
        language: mail.language,
      }
  }
}

type LinkWords = {
  words: Parameters<typeof writeLinkLetter>[0]
  name?: string
  language?: Language
  /** What the link is for; none where there is nothing to follow. */
  purpose?: LinkPurpose
  about?: string
}

async function linkLetter(tx: Tx, mail: Mail, { url }: House, asked: LinkWords) {
  const { words, name = '', language = mail.language, purpose, about } = asked
  const place = purpose === 'password' ? 'reset-password' : 'confirm'
  // Behind the #, where neither proxies nor logs see it, and a program that only looks at links uses nothing up.
  const link =
    purpose && about !== undefined
      ? `${url}/${place}#${(await makeLink(tx, { purpose, about, email: mail.address })).token}`
      : ''
  return { letter: writeLinkLetter(words, { name, link }, { url, timeZone: tx.timeZone }, language), language }
}
