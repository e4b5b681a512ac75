import type { Tx } from '../base/index.ts'
import type { Mail } from './mail.ts'

const MAIL = `mail_id as "mailId", bucket, address, language, kind, data, created_at as "createdAt", due_at as "dueAt",
  give_up_at as "giveUpAt", tries`

export async function insertMails(tx: Tx, mails: readonly Mail[]): Promise<void> {
  await tx.query(
    {
      name: 'insert-mails',
      text: `insert into mail (bucket, mail_id, address, language, kind, data, created_at, due_at, give_up_at)
        select * from unnest($1::int[], $2::text[], $3::text[], $4::text[], $5::text[], $6::jsonb[], $7::timestamptz[], $8::timestamptz[],
          $9::timestamptz[])
        on conflict (bucket, mail_id) do nothing`,
    },
    [
      mails.map((each) => each.bucket),
      mails.map((each) => each.mailId),
      mails.map((each) => each.address),
      mails.map((each) => each.language),
      mails.map((each) => each.kind),
      mails.map((each) => JSON.stringify(each.data)),
      mails.map((each) => each.createdAt),
      mails.map((each) => each.dueAt),
      mails.map((each) => each.giveUpAt),
    ],
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
