import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import {
  chownSync,
  closeSync,
  existsSync,
  fstatSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { CannotStart } from '../cannot-start.ts'
import { endingWithParent } from '../processes.mjs'
import { ENVIRONMENT, removeSocketFolder } from './cluster.ts'
import { asOwner, type Owner } from './owner.ts'

/** One running PostgreSQL server process; `ended` settles when it has ended, for whatever reason. */
export type Postmaster = { pid: number; ended: Promise<void> }
export type Launch = {
  binaries: string
  cluster: string
  socketFolder: string
  logFile: string
  owner: Owner
  settings: Record<string, string>
  log: (line: string) => void
}

// Backends of a killed server hold its memory until they notice; that took under a second, and 20 s under load.
const RETRIES = 300
const RETRY_MS = 100
const POLL_MS = 10
const TELL_AFTER_POLLS = 500
const ORPHAN_POLLS = 6000
const LARGEST_LOG = 10_000_000
const STILL_HELD =
  /pre-existing shared memory block|lock file "[^"]*" already exists|could not create any Unix-domain sockets/

/**
 * Starts the server and waits until it takes connections; recovery after a crash may take a while.
 * @throws CannotStart with PostgreSQL's own reason
 */
export async function launch(options: Launch): Promise<Postmaster> {
  await endOrphan(options.cluster, options.log)
  for (let attempt = 1; ; attempt++) {
    const { child, logStart } = spawnServer(options)
    if (await becomesReady(child, options)) return { pid: child.pid!, ended: endOf(child) }
    const said = readFrom(options.logFile, logStart)
    if (!STILL_HELD.test(said) || attempt > RETRIES) {
      throw new CannotStart(`the embedded PostgreSQL does not start: ${reasonIn(said)} (see ${options.logFile})`)
    }
    await sleep(RETRY_MS)
  }
}

/** Ends a server at once but cleanly: open transactions roll back, what is committed is on disk. */
export async function endServer(server: Postmaster): Promise<void> {
  signal(server.pid, 'SIGINT')
  const ended = await Promise.race([server.ended.then(() => true), sleep(15_000, false, { ref: false })])
  if (ended) return
  // Recovered from its journal at the next start.
  signal(server.pid, 'SIGQUIT')
  await server.ended
}

function spawnServer({ binaries, cluster, socketFolder, logFile, owner, settings }: Launch): {
  child: ChildProcess
  logStart: number
} {
  const all = {
    listen_addresses: '',
    unix_socket_directories: quoteFolder(socketFolder),
    unix_socket_permissions: '0700',
    ...settings,
  }
  const flags = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const [command, args] = endingWithParent('INT', join(binaries, 'bin', 'postgres'), ['-D', cluster, ...flags])
  const log = openLog(logFile, owner)
  const logStart = fstatSync(log).size
  // Detached: a Ctrl-C in the terminal is for us, and the database must outlast our last transaction.
  const child = spawn(command, args, {
    ...asOwner(owner),
    cwd: cluster,
    env: ENVIRONMENT,
    detached: true,
    stdio: ['ignore', log, log],
  })
  closeSync(log)
  return { child, logStart }
}

/** True once the server says so in its pid file, as pg_ctl does it; false when it ended before. */
async function becomesReady(child: ChildProcess, { cluster, log }: Launch): Promise<boolean> {
  const state = { ended: false }
  child.once('error', () => (state.ended = true))
  child.once('exit', () => (state.ended = true))
  for (let poll = 1; !state.ended; poll++) {
    const file = readPidFile(cluster)
    if (file?.pid === child.pid && file?.status === 'ready') return true
    if (poll === TELL_AFTER_POLLS) log('the database is recovering; this may take a minute')
    await sleep(POLL_MS)
  }
  return false
}

function endOf(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve()
    else child.once('exit', () => resolve())
  })
}

/** A server whose parent was killed: on Linux it is about to end, elsewhere it would run on. Nobody else uses this folder. */
async function endOrphan(cluster: string, log: (line: string) => void): Promise<void> {
  const file = readPidFile(cluster)
  if (!file) return
  if (commandLine(file.pid).includes(cluster)) {
    log('waiting for the database of the last run to end')
    signal(file.pid, 'SIGINT')
    for (let poll = 1; commandLine(file.pid).includes(cluster); poll++) {
      if (poll > ORPHAN_POLLS)
        throw new CannotStart(
          `the database of the last run (process ${file.pid}) does not end: end it, then start again`,
        )
      await sleep(POLL_MS)
    }
  }
  removeSocketFolder(file.socketFolder)
}

/** PostgreSQL's own pid file: process id, .., socket folder in line 5, status in line 8. */
function readPidFile(
  cluster: string,
): { pid: number; socketFolder: string | undefined; status: string | undefined } | undefined {
  const path = join(cluster, 'postmaster.pid')
  if (!existsSync(path)) return undefined
  try {
    const lines = readFileSync(path, 'utf8').split('\n')
    return { pid: Number(lines[0]), socketFolder: lines[4], status: lines[7]?.trim() }
  } catch {
    return undefined
  }
}

function commandLine(pid: number): string {
  try {
    if (process.platform === 'linux') return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
    return execFileSync('ps', ['-ww', '-o', 'args=', '-p', String(pid)], { encoding: 'utf8' })
  } catch {
    return ''
  }
}

/** Sends a signal to a process that may have ended already. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch {
    // It has ended already.
  }
}

function openLog(path: string, owner: Owner): number {
  if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) > LARGEST_LOG) {
    rmSync(`${path}.1`, { force: true })
    renameSync(path, `${path}.1`)
  }
  const log = openSync(path, 'a', 0o600)
  if (owner) chownSync(path, owner.uid, owner.gid)
  return log
}

function readFrom(path: string, start: number): string {
  const file = openSync(path, 'r')
  const bytes = Buffer.alloc(Math.max(0, fstatSync(file).size - start))
  readSync(file, bytes, 0, bytes.length, start)
  closeSync(file)
  return bytes.toString()
}

function reasonIn(said: string): string {
  const lines = said.split('\n').filter((line) => line.trim() !== '')
  return (
    lines.find((line) => /FATAL|PANIC|could not/.test(line)) ??
    lines.at(-1) ??
    'it ended without a word'
  ).replace(/^.*?(FATAL|PANIC): +/, '')
}

/** The setting is a list: a path is quoted, for it may hold commas. */
function quoteFolder(path: string): string {
  return `"${path.replaceAll('"', '""')}"`
}
