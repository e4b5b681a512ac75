import type { TestContext } from 'node:test'
import { assertPromised, openTestApi, type TestApi } from './api.ts'
import { openMailbox, tokenIn, type Mailbox } from './mailbox.ts'

export type Seen = { status: number; body: any; headers: Headers }

/** A browser on our own pages: real HTTP, cookies kept as it would. */
export type Browser = {
  call(method: string, path: string, body?: unknown, headers?: Record<string, string | undefined>): Promise<Seen>
  /** The cookie's name and value, as it goes out; settable, as a thief would. */
  cookie: string | undefined
}

/** Opens a browser at an address where the API listens. */
export function openBrowser(address: string, device = 'Firefox'): Browser {
  const browser: Browser = {
    cookie: undefined,
    async call(method, path, body, headers = {}) {
      const sent = {
        'user-agent': device,
        origin: address,
        'sec-fetch-site': 'same-origin',
        'x-corehour-client': 'console',
        cookie: browser.cookie,
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      }
      const response = await fetch(`${address}${path}`, {
        method,
        headers: Object.entries(sent).filter((pair): pair is [string, string] => pair[1] !== undefined),
        ...(body !== undefined && { body: JSON.stringify(body) }),
      })
      for (const set of response.headers.getSetCookie()) {
        const [pair] = set.split(';')
        browser.cookie = /max-age=0|expires=Thu, 01 Jan 1970/i.test(set) ? undefined : pair
      }
      const answer = { status: response.status, body: await response.json(), headers: response.headers }
      if (answer.status < 300) assertPromised(method, path, { ...answer, headers: {} })
      return answer
    },
  }
  return browser
}

export const PASSWORD = 'four words in a row'

export type Site = { api: TestApi; address: string; mailbox: Mailbox }

/** The API listening on a free port, with a mail server of its own, until the test ends. */
export async function openSite(t: TestContext, options: Parameters<typeof openTestApi>[0] = {}): Promise<Site> {
  const api = await openTestApi(options)
  const mailbox = await openMailbox()
  t.after(async () => {
    await mailbox.close()
    await api.close()
  })
  return { api, address: await api.http.listen({ host: '127.0.0.1', port: 0 }), mailbox }
}

/** Signs up as a newcomer does: asks, reads the mail, confirms. */
export async function join(
  { api, address, mailbox }: Site,
  name: string,
  password = PASSWORD,
): Promise<{ browser: Browser; email: string }> {
  const email = `${name.toLowerCase().replaceAll(' ', '.')}@example.org`
  const browser = openBrowser(address)
  const asked = await browser.call('POST', '/v1/sign-up', { name, email, password })
  if (asked.status !== 202) throw new Error(JSON.stringify(asked.body))
  const mail = (await mailbox.fetch(api.app)).find(({ recipient }) => recipient === email)
  const confirmed = await browser.call('POST', '/v1/confirmations', { token: tokenIn(mail!), password })
  if (confirmed.status !== 201) throw new Error(JSON.stringify(confirmed.body))
  return { browser, email }
}
