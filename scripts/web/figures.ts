import type { Browser } from 'playwright-core'
import { WIDTHS } from './look.ts'
import type { DemoWorld } from './world.ts'

/** What the first load of a page costs whoever opens it. */
export type Figures = { scripts: number; lcp: number; cls: number; moved: string[] }

/** Bytes, milliseconds, and the share of the screen that moved. */
export const MOST: Omit<Figures, 'moved'> = { scripts: 250_000, lcp: 1500, cls: 0 }
/** The machine may be busy: the best of these is the page's own. */
const TRIES = 3
const WATCHED_MS = 1500

/** Where a customer's pages are, and with which cookie. */
type Opened = { address: string; cookies: Pick<DemoWorld['cookies'], 'customer'> }

/** Measures a customer's bill page, opened with nothing kept. */
export async function measureBill(browser: Browser, world: Opened): Promise<Figures> {
  const tries: Figures[] = []
  for (let i = 0; i < TRIES; i++) tries.push(await measure(browser, world))
  const least = (name: 'scripts' | 'lcp') => Math.min(...tries.map((each) => each[name]))
  // What moves once moves; only time has luck.
  return {
    scripts: least('scripts'),
    lcp: least('lcp'),
    cls: Math.max(...tries.map(({ cls }) => cls)),
    moved: [...new Set(tries.flatMap(({ moved }) => moved))],
  }
}

async function measure(browser: Browser, world: Opened): Promise<Figures> {
  const context = await browser.newContext({ baseURL: world.address, viewport: WIDTHS.desktop })
  try {
    await context.addCookies([{ name: 'corehour', value: world.cookies.customer!, url: world.address }])
    await context.addInitScript(`
      globalThis.seen = { lcp: 0, cls: 0, moved: [] }
      new PerformanceObserver((list) => { for (const each of list.getEntries()) seen.lcp = each.startTime })
        .observe({ type: 'largest-contentful-paint', buffered: true })
      new PerformanceObserver((list) => { for (const each of list.getEntries()) if (!each.hadRecentInput) {
        seen.cls += each.value
        for (const { node } of each.sources) seen.moved.push((node?.nodeName ?? '') + '.' + (node?.className ?? node?.textContent))
      } })
        .observe({ type: 'layout-shift', buffered: true })`)
    const page = await context.newPage()
    const scripts: Promise<number>[] = []
    page.on('response', (response) => {
      if (response.url().endsWith('.js')) scripts.push(gzipOf(response.url()))
    })
    await page.goto('/bill')
    await page.locator('main tbody tr').first().waitFor()
    await page.waitForTimeout(WATCHED_MS)
    const seen = await page.evaluate<Omit<Figures, 'scripts'>>('seen')
    const sizes = await Promise.all(scripts)
    return { scripts: sizes.reduce((sum, size) => sum + size, 0), ...seen }
  } finally {
    await context.close()
  }
}

/** What a script weighs on the way to a browser that takes gzip: Brotli, which ours take, is less. */
async function gzipOf(url: string): Promise<number> {
  const response = await fetch(url, { method: 'HEAD', headers: { 'accept-encoding': 'gzip' } })
  return Number(response.headers.get('content-length'))
}
