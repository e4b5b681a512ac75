import { createRequire } from 'node:module'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { watch } from '../../test/console/browser.ts'
import type { DemoWorld } from './world.ts'
import type { Looked } from './pages.ts'

export const WIDTHS = {
  phone: { width: 375, height: 812 },
  tablet: { width: 768, height: 1024 },
  desktop: { width: 1280, height: 900 },
} as const
export const LANGUAGES = ['en', 'zh'] as const
const THEMES = ['light', 'dark'] as const
type Theme = (typeof THEMES)[number]
export type Language = (typeof LANGUAGES)[number]
/** What is wrong with a page, looked at in one way. */
export type Fault = { page: string; way: string; what: string }

const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
/** Below it nobody reads on a phone. */
const SMALLEST_TEXT_PX = 11
const QUIET_MS = 150
const MOST_LOOKS = 150

/** Looks at pages in one language. Each is opened once, and then stands in every width and theme: opening takes longer than looking. */
export async function lookAt(
  browser: Browser,
  world: DemoWorld,
  pages: readonly Looked[],
  { language, folder }: { language: Language; folder: string | undefined },
): Promise<Fault[]> {
  const faults: Fault[] = []
  for (const who of new Set(pages.map((each) => each.who))) {
    const context = await openAs(browser, world, who, language)
    for (const looked of pages.filter((each) => each.who === who)) {
      const page = await context.newPage()
      const watched = watch(page)
      if (looked.refused) watched.expect(looked.refused, /\/v1\//)
      const note = (what: string, way = '') => faults.push({ page: looked.name, way: `${language} ${way}`, what })
      try {
        await open(page, world, looked)
        for (const width of ['desktop', 'tablet', 'phone'] as const) {
          await page.setViewportSize(WIDTHS[width])
          for (const theme of THEMES) {
            await page.evaluate(`document.documentElement.dataset.theme = '${theme}'`)
            await page.waitForTimeout(QUIET_MS)
            for (const what of await examine(page, width, theme)) note(what, `${width} ${theme}`)
            const path = folder && join(folder, `${looked.name}-${width}-${language}-${theme}.png`)
            if (path) await page.screenshot({ path, fullPage: !looked.open })
          }
        }
      } catch (error) {
        note(`was not looked at: ${(error as Error).message.split('\n')[0]}`)
      }
      await page.close()
      for (const what of watched.faults) note(what)
    }
    await context.close()
  }
  return faults
}

async function openAs(browser: Browser, world: DemoWorld, who: Looked['who'], language: Language) {
  const context = await browser.newContext({
    baseURL: world.address,
    viewport: WIDTHS.desktop,
    locale: language === 'zh' ? 'zh-CN' : 'en-GB',
    timezoneId: 'Asia/Shanghai',
    reducedMotion: 'reduce',
  })
  context.setDefaultTimeout(15_000)
  const value = world.cookies[who]
  if (value !== undefined) await context.addCookies([{ name: 'corehour', value, url: world.address }])
  return context
}

async function open(page: Page, { names }: DemoWorld, { path, open }: Looked): Promise<void> {
  await page.goto(path.replaceAll(/\$\w+/g, (name) => names[name]!))
  await page.locator('main h1, main p').first().waitFor()
  await settle(page)
  if (open) {
    await open(page)
    await page.waitForTimeout(QUIET_MS)
  }
}

/** Nothing is on its way any more, and nothing shows that it would be. */
async function settle(page: Page): Promise<void> {
  const waiting = page.locator('main [role=status].animate-pulse')
  for (let tries = 0; (await waiting.count()) > 0; tries++) {
    if (tries === MOST_LOOKS) throw new Error('something is still on its way')
    await page.waitForTimeout(100)
  }
  await page.waitForTimeout(QUIET_MS)
}

async function examine(page: Page, width: keyof typeof WIDTHS, theme: Theme): Promise<string[]> {
  const over = await page.evaluate<number>(
    'document.documentElement.scrollWidth - document.documentElement.clientWidth',
  )
  const small = await page.evaluate<string[]>(`(${smallTexts.toString()})(${SMALLEST_TEXT_PX})`)
  return [
    // A tablet has the parts of one of the others.
    ...(width === 'tablet' ? [] : await runAxe(page, theme)),
    ...(over > 0 ? [`${over} px wider than the screen`] : []),
    ...small.map((text) => `smaller than ${SMALLEST_TEXT_PX} px: ${text}`),
  ]
}

async function runAxe(page: Page, theme: Theme): Promise<string[]> {
  if (!(await page.evaluate('"axe" in window'))) await page.evaluate(AXE)
  // The other theme is the same page in other colours.
  const runOnly = theme === THEMES[0] ? TAGS : { type: 'rule', values: ['color-contrast'] }
  const found = await page.evaluate<{ id: string; targets: string[] }[]>(
    `axe.run({ runOnly: ${JSON.stringify(runOnly)}, resultTypes: ['violations'] }).then(({ violations }) =>
      violations.map(({ id, nodes }) => ({ id, targets: nodes.map(({ target, any }) =>
        [target.join(' '), ...any.filter(({ id }) => id === 'color-contrast').map(({ data: { fgColor, bgColor } }) => fgColor + ' on ' + bgColor)].join(' ')) })))`,
  )
  return found.map(({ id, targets }) => `axe ${id}: ${targets.slice(0, 3).join(' | ')}`)
}

/** Texts of a chart as they stand on the screen: what an image's box does to them counts. Runs in the page. */
function smallTexts(least: number): string[] {
  const { document, getComputedStyle } = globalThis as any
  return [...document.querySelectorAll('svg text')].flatMap((text) => {
    const scale = text.getScreenCTM()?.a ?? 1
    return Number.parseFloat(getComputedStyle(text).fontSize) * scale < least ? [text.textContent] : []
  })
}
