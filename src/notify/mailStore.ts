import type { Tx } from '../base/index.ts'
import type { Mail } from './mail.ts'

const MAIL = `mail_id as "mailId", bucket, address, language, kind, data, created_at as "createdAt", due_at as "dueAt",
  give_up_at as "giveUpAt", tries`

export async function insertMail(tx: Tx, mail: Mail): Promise<void> {
  const { bucket, mailId, address, language, kind, data, createdAt, dueAt, giveUpAt } = mail
  await tx.query(
    {
      text: `insert into mail (bucket, mail_id, address, language, kind, data, created_at, due_at, give_up_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict (bucket, mail_id) do nothing`,
    },
    [bucket, mailId, address, language, kind, JSON.stringify(data), createdAt, dueAt, giveUpAt],
  )
}

export function readDueMails(tx: Tx, limit: number): Promise<Mail[]> {
  return tx.query<Mail>(
    {
      name: 'read-due-mails',
      text: `select ${MAIL} from mail where state = 'waiting' and due_at <= $1 order by due_at limit $2`,
    },
    [tx.now, limit],
  )
}

export async function takeMail(tx: Tx, mail: Mail, until: Temporal.Instant): Promise<Mail | undefined> {
  const [taken] = await tx.query<Mail>(
    {
      text: `update mail set due_at = $4, tries = tries + 1
        where bucket = $1 and mail_id = $2 and state = 'waiting' and tries = $3 and due_at <= $5 returning ${MAIL}`,
    },
    [mail.bucket, mail.mailId, mail.tries, until, tx.now],
  )
  return taken
}

export async function endMail(tx: Tx, mail: Mail, state: string, failure: string | null): Promise<void> {
  await tx.query(
    {
      text: `update mail set state = $3, failure = $4, done_at = $5 where bucket = $1 and mail_id = $2 and state = 'waiting'`,
    },
    [mail.bucket, mail.mailId, state, failure, tx.now],
  )
}

export async function postponeMail(tx: Tx, mail: Mail, until: Temporal.Instant, failure: string): Promise<void> {
  await tx.query(
    {
      text: `update mail set due_at = $4, failure = $5
        where bucket = $1 and mail_id = $2 and state = 'waiting' and tries = $3`,
    },
    [mail.bucket, mail.mailId, mail.tries, until, failure],
  )
}

export function readWaitingMails(tx: Tx, limit: number): Promise<Mail[]> {
  return tx.query<Mail>(
    { text: `select ${MAIL} from mail where state = 'waiting' order by created_at desc, mail_id desc limit $1` },
    [limit],
  )
}

export async function readMail(tx: Tx, mailId: string): Promise<Mail | undefined> {
  const [mail] = await tx.query<Mail>({ text: `select ${MAIL} from mail where mail_id = $1 and state = 'waiting'` }, [
    mailId,
  ])
  return mail
}

export async function deleteOldMails(tx: Tx, before: Temporal.Instant): Promise<void> {
  await tx.query({ text: 'delete from mail where created_at < $1' }, [before])
}
