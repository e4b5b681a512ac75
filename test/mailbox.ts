import { simpleParser, type ParsedMail } from 'mailparser'
import { SMTPServer } from 'smtp-server'
import type { AddressInfo } from 'node:net'
import type { App } from '../src/base/index.ts'
import { openMailServer, type MailServer } from '../src/notify/index.ts'
import { sendDue } from '../src/app/mail.ts'
import { reactToAll } from '../src/app/reactions.ts'

export type Received = ParsedMail & { recipient: string }
/** What the server answers to a recipient instead of taking the mail; undefined: it is taken. */
export type Temper = (recipient: string) => { responseCode: number; message: string } | undefined

/** A real SMTP server on a free port, and what has arrived there. */
export type Mailbox = {
  url: string
  server: MailServer
  received: Received[]
  /** Reacts to what happened, sends what is due, and answers what has arrived since. */
  fetch(app: App): Promise<Received[]>
  /** How it answers from now on. */
  behave(temper: Temper): void
  /** What is done when a mail has arrived, before its sender hears that it has. */
  onReceived(work: () => void): void
  close(): Promise<void>
}

export const FROM = 'Corehour <billing@corehour.example>'
export const CONSOLE = 'http://console.example'
export const HOUSE = { url: CONSOLE, support: { email: 'help@corehour.example', phone: '+86 10 5555 0100' } }

export async function openMailbox(): Promise<Mailbox> {
  const received: Received[] = []
  let temper: Temper = () => undefined
  let whenReceived = () => {}
  const smtp = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onRcptTo({ address }, _session, done) {
      const answer = temper(address)
      done(answer ? Object.assign(new Error(answer.message), answer) : undefined)
    },
    async onData(stream, session, done) {
      const recipient = session.envelope.rcptTo.map(({ address }) => address).join(', ')
      received.push({ ...(await simpleParser(stream)), recipient })
      whenReceived()
      done()
    },
  })
  await new Promise<void>((resolve) => smtp.listen(0, '127.0.0.1', resolve))
  const url = `smtp://127.0.0.1:${(smtp.server.address() as AddressInfo).port}`
  const server = openMailServer(url, FROM)
  return {
    url,
    server,
    received,
    async fetch(app) {
      const before = received.length
      while (await reactToAll(app));
      while (await sendDue(app, server, HOUSE, new AbortController().signal));
      return received.slice(before)
    },
    behave: (next) => (temper = next),
    onReceived: (work) => (whenReceived = work),
    close: () => new Promise((resolve) => smtp.close(resolve)),
  }
}

/** The token of the link in a mail; the plain text and the HTML have the same. */
export function tokenIn(mail: Received): string {
  const found = /#(corehour_link_[0-9a-f]{50})/.exec(mail.text ?? '')?.[1]
  if (found === undefined || !String(mail.html).includes(found))
    throw new Error(`no link in ${mail.subject}: ${mail.text}`)
  return found
}
