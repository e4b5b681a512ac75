import helmet from '@fastify/helmet'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Refusal, SYSTEM, transact, type App } from '../base/index.ts'
import { escape, findMail, waitingMails, type Mail } from '../notify/index.ts'
import type { Services } from './api/services.ts'
import { writeMail } from './mail.ts'

const MOST_SHOWN = 200
const LOOPBACK = /^(::ffff:)?127\.|^::1$/
const OWN_NAMES = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$/

/**
 * /outbox: the mails that nobody sends, where no mail server is set, for who develops on this machine. Anybody who reads it could sign in
 * as anybody, so it is there for this machine alone: not over a network, not through a proxy, and not under another name, which a page
 * elsewhere could have pointed here. A mail is written when it is looked at, with a link of its own.
 */
export function serveOutbox(http: FastifyInstance, app: App, { publicUrl, support }: Services): void {
  http.register(async (pages) => {
    await pages.register(helmet, {
      contentSecurityPolicy: {
        useDefaults: false,
        directives: {
          defaultSrc: ["'none'"],
          styleSrc: ["'unsafe-inline'"],
          frameSrc: ["'self'"],
          baseUri: ["'none'"],
          formAction: ["'none'"],
          frameAncestors: ["'self'"],
        },
      },
      strictTransportSecurity: false,
    })
    pages.addHook('onRequest', async (request, reply) => {
      if (!isFromHere(request)) throw new Refusal('not_found', { value: `${request.method} /outbox` })
      void reply.header('cache-control', 'no-store')
    })
    pages.get('/outbox', async (_request, reply) => {
      const mails = await transact(app, SYSTEM, (tx) => waitingMails(tx, MOST_SHOWN))
      return reply.type('text/html; charset=utf-8').send(list(mails))
    })
    pages.get<{ Params: { mail_id: string } }>('/outbox/:mail_id', async (request, reply) => {
      const { mail_id: mailId } = request.params
      const house = { url: publicUrl ?? `http://${request.headers.host}`, support }
      const written = await transact(app, SYSTEM, async (tx) => {
        const mail = await findMail(tx, mailId)
        return mail && { mail, rendered: await writeMail(tx, mail, house) }
      })
      if (!written) throw new Refusal('not_found', { value: mailId })
      const { mail, rendered } = written
      return reply.type('text/html; charset=utf-8').send(rendered?.html ?? nothing(mail))
    })
  })
}

function isFromHere({ socket, headers }: FastifyRequest): boolean {
  const isForwarded = Object.keys(headers).some((name) => name === 'forwarded' || name.startsWith('x-forwarded'))
  return LOOPBACK.test(socket.remoteAddress ?? '') && !isForwarded && OWN_NAMES.test(headers.host ?? '')
}

function list(mails: readonly Mail[]): string {
  const rows = mails.map(
    ({ mailId, address, kind, createdAt }) =>
      `<tr><td><a href="/outbox/${escape(encodeURIComponent(mailId))}">${escape(kind)}</a></td><td>${escape(address)}</td><td><time>${createdAt}</time></td></tr>`,
  )
  const table = `<table><thead><tr><th>About</th><th>To</th><th>Since</th></tr></thead><tbody>${rows.join('')}</tbody></table>`
  return page(
    'Outbox',
    `<h1>Outbox</h1>
<p><b>No mail is sent.</b> What would be waits here, because no mail server is set: name one by COREHOUR_SMTP_URL and COREHOUR_MAIL_FROM, and this page is gone.
It is shown on this machine alone, and each look at a mail makes a new link.</p>
${mails.length === 0 ? '<p class="none">Nothing waits.</p>' : table}`,
  )
}

function nothing({ address }: Mail): string {
  return page(
    'Nothing to tell',
    `<h1>Nothing is sent</h1><p>Nobody is known by ${escape(address)}, so there is nothing to tell.</p>`,
  )
}

function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${title} · Corehour</title>
<style>${STYLE}</style></head>
<body><main>${body}</main></body>
</html>
`
}

const STYLE = `
:root { color-scheme: light dark; --ink: light-dark(#1c2430, #e4e9f0); --soft: light-dark(#5a6675, #97a3b4); --line: light-dark(#dfe4ea, #2b3440);
  --ground: light-dark(#fff, #12171e); --mark: light-dark(#0b6e5f, #4fd1b8) }
body { margin: 0; color: var(--ink); background: var(--ground); font: 15px/1.55 system-ui, sans-serif }
main { max-width: 52rem; margin: 0 auto; padding: 2.5rem 1.5rem } h1 { font-size: 1.4rem } a { color: var(--mark) } .none { color: var(--soft) }
table { border-collapse: collapse; width: 100% } td, th { text-align: left; padding: .45rem .8rem .45rem 0; border-bottom: 1px solid var(--line); overflow-wrap: anywhere }
th { color: var(--soft); font-weight: 500 } time { color: var(--soft); white-space: nowrap }
`
