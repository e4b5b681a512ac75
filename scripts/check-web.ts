// npm run check:web: every page of the console in a real Chromium, in both themes and languages, on a desktop and a phone: axe, what is
// wider than the screen, what is logged; what the first load of a bill costs; Lighthouse on the main ones. Exit status 1 where something is
// violated.
// Options: --pictures FOLDER keeps a picture of each, --only PATTERN looks at the pages whose names match.
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { CannotStart, reportFailure } from '../src/app/cannot-start.ts'
import { openChromium, withoutChromium } from '../test/console/browser.ts'
import { measureBill, MOST, type Figures } from './web/figures.ts'
import { isEnough, isMeasured, LEAST, measurePages, openLighthouse, type Score } from './web/lighthouse.ts'
import { LANGUAGES, lookAt, type Fault } from './web/look.ts'
import { PAGES, type Looked } from './web/pages.ts'
import { openDemoWorld, type DemoWorld } from './web/world.ts'
import { buildApart, isStale } from './web.mjs'

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { pictures: { type: 'string' }, only: { type: 'string' } } })
  if (withoutChromium) throw new CannotStart(withoutChromium)
  if (isStale()) await buildApart(process.execPath)
  if (values.pictures) mkdirSync(values.pictures, { recursive: true })
  const folder = mkdtempSync(join(tmpdir(), 'corehour-web-'))
  // As root the database runs as another user.
  chmodSync(folder, 0o755)
  try {
    const world = await openDemoWorld(join(folder, 'data'))
    try {
      await check(world, values)
    } finally {
      await world.stop()
    }
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 })
  }
}

type Options = { pictures?: string | undefined; only?: string | undefined }

async function check(world: DemoWorld, { pictures, only = '' }: Options): Promise<void> {
  const pages = PAGES.filter(({ name }) => new RegExp(only).test(name))
  const { faults, figures } = await look(world, pages, pictures)
  for (const { name } of pages) console.log(`${faults.some(({ page }) => page === name) ? '✖' : '✔'} ${name}`)
  const ways = Map.groupBy(faults, ({ page, what }) => `${page}: ${what}`)
  for (const [what, each] of ways) console.log(`  ${what} (${each.map(({ way }) => way.trim()).join(', ')})`)
  const heavy = sayFigures(figures)
  const slow = await runLighthouse(world, pages.filter(isMeasured))
  console.log(`${pages.length} pages, ${faults.length} faults`)
  if (faults.length > 0 || heavy || slow) process.exitCode = 1
}

/** Every page in every way, and the weight of a bill; the browser has ended before anything else is measured. */
async function look(
  world: DemoWorld,
  pages: readonly Looked[],
  pictures: string | undefined,
): Promise<{ faults: Fault[]; figures: Figures }> {
  const browser = await openChromium()
  try {
    const inEach = LANGUAGES.map((language) => lookAt(browser, world, pages, { language, folder: pictures }))
    const faults = (await Promise.all(inEach)).flat()
    return { faults, figures: await measureBill(browser, world) }
  } finally {
    await browser.close()
  }
}

/** Whether a page does not reach what it should. Where Lighthouse can't be had it says so, and nothing is held against anybody. */
async function runLighthouse(world: DemoWorld, pages: readonly Looked[]): Promise<boolean> {
  if (pages.length === 0) return false
  const lighthouse = await openLighthouse()
  if (typeof lighthouse === 'string') {
    console.log(lighthouse)
    return false
  }
  let slow = false
  for await (const score of measurePages(lighthouse, world, pages)) {
    sayScore(score)
    slow ||= !isEnough(score)
  }
  return slow
}

function sayScore(score: Score): void {
  const { page, form, performance, accessibility, times, machine, lacks } = score
  const least = LEAST[form]
  const mark = isEnough(score) ? '✔' : '✖'
  const reached = `performance ${performance} (at least ${least.performance}), accessibility ${accessibility} (at least ${least.accessibility})`
  console.log(`${mark} ${`${page} ${form}`.padEnd(34)} ${reached}; LCP ${times.lcp} ms, blocked ${times.blocked} ms`)
  console.log(`  machine ${machine.index}, slowed ${machine.slowed.toFixed(1)} times`)
  if (!isEnough(score)) for (const what of lacks) console.log(`  ${what}`)
}

/** Whether one is above what it may be. */
function sayFigures(figures: Figures): boolean {
  const rows = [
    ['scripts of the first load, gzip', figures.scripts, MOST.scripts, 'bytes'],
    ['bill: largest contentful paint', Math.round(figures.lcp), MOST.lcp, 'ms'],
    ['bill: layout shift', Number(figures.cls.toFixed(4)), MOST.cls, ''],
  ] as const
  for (const [name, is, most, unit] of rows)
    console.log(`${is > most ? '✖' : '✔'} ${name.padEnd(34)} ${is} ${unit} (at most ${most})`)
  for (const what of figures.moved) console.log(`  moved: ${what}`)
  return rows.some(([, is, most]) => is > most)
}

await main().catch(reportFailure)
