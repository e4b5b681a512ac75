import type { ResponseOf, Routes } from '@corehour/contract'
import type { FastifyRequest } from 'fastify'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** A document waits no longer for its answers; what is not there by then its page asks itself. */
const ANSWERS_WITHIN_MS = 500
const VIEW = /^\/view\/(view_[0-9a-z]+)(?=\/|$)/
/** What every page asks before all else. */
const WHO = '/v1/sessions/current'
type Who = ResponseOf<Routes['sessions']['current']>

/** The console's document as it was built, and what each page needs first, as its build wrote it down. */
export type Built = { html: string; pages: Page[]; asked: Asked[] }
type Page = { path: string; scripts: string[] }
type Asked = { on: string; of: 'anybody' | 'customer'; paths: string[] }
/** An answer of the API, as its text. */
type Answer = { path: string; text: string }

export function readBuilt(folder: string): Built {
  const read = (name: string) => readFileSync(join(folder, name), 'utf8')
  return { html: read('index.html'), ...(JSON.parse(read('first.json')) as Omit<Built, 'html'>) }
}

/**
 * The document of an address: it names the scripts of its page, and brings what that page asks first, as the API answers whoever asks for
 * the document. Where the address has a query it brings nothing: what somebody else may have written there must not be compressed beside
 * what is private.
 */
export async function writeDocument({ html, pages, asked }: Built, request: FastifyRequest): Promise<string> {
  const [address, query] = request.url.split('?') as [string, string?]
  const path = address.replace(VIEW, '') || '/'
  const page = pages.find((each) => matches(each.path, path))
  const links =
    page?.scripts.map((script) => `<link rel="modulepreload" crossorigin fetchpriority="low" href="${script}">`) ?? []
  const first = asked.filter(({ on }) => on === '*' || on === page?.path)
  const answers = query === undefined ? await answersTo(first, request, VIEW.exec(address)?.[1]) : []
  const blocks = answers.map(({ path, text }) => {
    // Nothing of an answer can end its block, or begin another.
    return `<script type="application/json" data-answer="${path.replaceAll('&', '&amp;')}">${text.replaceAll('<', '\\u003c')}</script>`
  })
  return html.replace('</head>', () => `${links.join('')}</head>`).replace('</body>', () => `${blocks.join('')}</body>`)
}

function matches(pattern: string, path: string): boolean {
  const [parts, given] = [pattern.split('/'), path.split('/')]
  return parts.length === given.length && parts.every((part, i) => part === given[i] || part.startsWith('$'))
}

/** What the API answers to the session that the document is asked for with, in a view where it is one of a view; refusals are left out. */
async function answersTo(
  asked: readonly Asked[],
  request: FastifyRequest,
  view: string | undefined,
): Promise<Answer[]> {
  const answers: Answer[] = []
  const ask = async (path: string) => {
    const headers = { cookie: request.headers.cookie ?? '', ...(view !== undefined && { 'x-corehour-view': view }) }
    const { statusCode, body } = await request.server.inject({ url: path, headers, remoteAddress: request.ip })
    if (statusCode === 200) answers.push({ path, text: body })
    return statusCode === 200 ? body : undefined
  }
  const askAll = async () => {
    const text = await ask(WHO)
    if (text === undefined) return
    const { me } = JSON.parse(text) as Who
    const theirs = asked.filter(({ of }) => of === 'anybody' || of === me?.scope).flatMap(({ paths }) => paths)
    await Promise.all(theirs.map((path) => ask(path.replace('{account_id}', me?.account_id ?? ''))))
  }
  await Promise.race([askAll(), sleep(ANSWERS_WITHIN_MS, undefined, { ref: false })])
  return [...answers]
}
