import { createTransport } from 'nodemailer'
import type { Rendered } from './render.ts'

/** How a try ended; `isFinal`: the same mail would be refused again. */
export type Outcome = { isSent: true } | { isSent: false; isFinal: boolean; failure: string }
export type MailServer = {
  send(mail: Rendered & { mailId: string; address: string }, stop: AbortSignal): Promise<Outcome>
}

const CONNECT_MS = 10_000
const SILENCE_MS = 30_000
/** In any case; whoever has taken a mail has it for five minutes (mail.ts). */
const SEND_MS = 120_000
const LONGEST_FAILURE = 300

/**
 * A mail server at `smtp://` or `smtps://`, which mail of `from` goes through: a connection for each, kept by nobody. The Message-ID is made of
 * the mail's own id, so a mail that is sent again because nobody could note the first time is recognised as the same.
 */
export function openMailServer(url: string, from: string): MailServer {
  const transport = createTransport({
    url,
    connectionTimeout: CONNECT_MS,
    greetingTimeout: CONNECT_MS,
    socketTimeout: SILENCE_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  const host = from.replace(/^.*@|>$/g, '')
  return {
    async send({ mailId, address, subject, text, html }, stop) {
      try {
        await transport.sendMail({
          from,
          // As parts, so that nothing in an address is read as another one.
          to: { name: '', address },
          subject,
          text,
          html,
          messageId: `<${mailId}@${host}>`,
          headers: { 'auto-submitted': 'auto-generated', 'x-auto-response-suppress': 'All' },
          signal: AbortSignal.any([stop, AbortSignal.timeout(SEND_MS)]),
        })
        return { isSent: true }
      } catch (error) {
        return judge(error as Error & { code?: string; responseCode?: number })
      }
    },
  }
}

/**
 * What the server says of this mail with 5xx is final; 503 is about the order of commands. What is wrong with the server, the way to it or the
 * password for it is tried again: it is no fault of the mail.
 */
function judge(error: Error & { code?: string; responseCode?: number }): Outcome {
  const { code, responseCode, message } = error
  const isAboutMail = code === 'EENVELOPE' || code === 'EMESSAGE'
  const isRefused = responseCode === undefined || (responseCode >= 500 && responseCode !== 503)
  return { isSent: false, isFinal: isAboutMail && isRefused, failure: message.slice(0, LONGEST_FAILURE) }
}
