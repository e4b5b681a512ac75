// Builds the web console where its sources have changed since the last time; plain JavaScript, since the bootstrap asks it.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { brotliCompressSync, gzipSync } from 'node:zlib'

const CHECKOUT = fileURLToPath(new URL('../', import.meta.url))
const CONSOLE = join(CHECKOUT, 'console')
const DIST = join(CONSOLE, 'dist')
/** Of which sources what stands there was built: written last, so a build that was killed is done again. */
const STAMP = join(DIST, 'built-from')

/** Whether there is a console to build, and what is built is of other sources. */
export function isStale() {
  if (!existsSync(CONSOLE)) return false
  return !existsSync(STAMP) || readFileSync(STAMP, 'utf8') !== hashSources()
}

/** Builds it on the pinned Node, in a process of its own; its words are shown only when it fails. */
export function buildApart(node) {
  const child = spawn(node, [fileURLToPath(import.meta.url)], { cwd: CHECKOUT, stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += chunk))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (status) =>
      status === 0 ? resolve() : reject(new Error(`the console was not built: ${said}`)),
    )
  })
}

async function build() {
  const hash = hashSources()
  const { build: bundle } = await import('vite')
  await bundle({ root: CONSOLE, configFile: join(CONSOLE, 'vite.config.ts'), logLevel: 'error' })
  // Compressed once here rather than for each reader.
  for (const path of filesIn(DIST).filter((path) => /\.(js|css|html|svg)$/.test(path))) {
    const bytes = readFileSync(path)
    writeFileSync(`${path}.br`, brotliCompressSync(bytes))
    writeFileSync(`${path}.gz`, gzipSync(bytes))
  }
  writeFileSync(STAMP, hash)
}

function hashSources() {
  const hash = createHash('sha256')
  const sources = ['console', 'contract', 'sdk'].flatMap((folder) => filesIn(join(CHECKOUT, folder)))
  for (const path of [
    join(CHECKOUT, 'package-lock.json'),
    ...sources.filter(isSource).sort((a, b) => (a < b ? -1 : 1)),
  ])
    hash
      .update(`${path.slice(CHECKOUT.length)}\0`)
      .update(readFileSync(path))
      .update('\0')
  return hash.digest('hex')
}

function isSource(path) {
  return !path.startsWith(DIST) && !/\.(test|fixture)\.tsx?$|\.md$/.test(path)
}

function filesIn(folder) {
  const entries = readdirSync(folder, { withFileTypes: true }).filter(({ name }) => name !== 'node_modules')
  return entries.flatMap((each) => (each.isDirectory() ? filesIn(join(folder, each.name)) : [join(folder, each.name)]))
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) await build()
