import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core'

const PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
]
/** Steps that wait for something wait so long: the machine may be busy, the page is not slow. */
const PATIENCE_MS = 20_000

/** Where a Chromium is; undefined: nowhere that we know. */
export const CHROMIUM = PLACES.find((path) => existsSync(path))

/** For a test that needs one: why it is skipped, or false. */
export const withoutChromium = CHROMIUM === undefined && 'no Chromium here (Debian: apt-get install -y chromium)'

// As root it has no sandbox of its own; what it opens is ours.
export const FLAGS: readonly string[] = [
  '--disable-dev-shm-usage',
  ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
]

/** A real, headless Chromium; whoever opens it closes it. */
export function openChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM!, args: [...FLAGS] })
}

/** What went wrong on a page that no test expected. */
export type Watch = {
  faults: string[]
  /** Answers of this status to addresses that match are part of the test. */
  expect(status: number, address: RegExp): void
}

/** Notes every error that a page throws or logs, every answer of 400 and above, and every request that fails. */
export function watch(page: Page): Watch {
  const faults: string[] = []
  const expected: { status: number; address: RegExp }[] = []
  page.on('pageerror', (error) => faults.push(`threw ${error.stack ?? error.message}`))
  page.on('console', (message) => {
    // Chromium logs what `response` and `requestfailed` tell with more.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
      faults.push(`logged ${message.text()}`)
  })
  page.on('response', (response) => {
    const [status, address] = [response.status(), response.url()]
    if (status >= 400 && !expected.some((each) => each.status === status && each.address.test(address)))
      faults.push(`${status} of ${response.request().method()} ${address}`)
  })
  page.on('requestfailed', (request) => {
    const why = request.failure()?.errorText ?? ''
    // A page that is left drops what it asked for, and a file that is saved ends its navigation.
    if (why !== 'net::ERR_ABORTED') faults.push(`${why} of ${request.method()} ${request.url()}`)
  })
  return { faults, expect: (status, address) => void expected.push({ status, address }) }
}

export type Visit = Watch & { page: Page; leave(): Promise<void> }

/** A person's own browser window. `leave` throws where something went wrong that nobody expected. */
export async function visit(browser: Browser, baseURL: string, options: BrowserContextOptions = {}): Promise<Visit> {
  const context = await browser.newContext({
    baseURL,
    locale: 'en-GB',
    timezoneId: 'UTC',
    acceptDownloads: true,
    ...options,
  })
  context.setDefaultTimeout(PATIENCE_MS)
  const page = await context.newPage()
  const watched = watch(page)
  const leave = async () => {
    await context.close()
    assert.deepEqual(watched.faults, [], 'no page logs an error')
  }
  return { page, ...watched, leave }
}

/** Nothing is on its way any more, and nothing shows that it would be: a page that follows its account is never idle. */
export async function settle(page: Page): Promise<void> {
  await page.getByRole('heading').first().waitFor()
  await page.locator('main [role=status].animate-pulse').first().waitFor({ state: 'detached' })
}
