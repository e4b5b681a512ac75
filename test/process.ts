import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { CHECKOUT } from '../src/app/config.ts'
import { endingWithParent } from '../src/app/processes.mjs'
import { roomyFolder } from './cluster.ts'

/** A test, as far as what it started ends with it. */
export type Context = { after(work: () => unknown): void }

const endings = new WeakMap<Context, AsyncDisposableStack>()

/**
 * Does something when a test ends, whatever has failed, and last first: a process ends before its folder is removed. (node:test's own hooks run
 * first to last, and one that throws keeps the rest from running.)
 */
export function atEnd(context: Context, work: () => Promise<void> | void): void {
  let stack = endings.get(context)
  if (!stack) {
    const made = new AsyncDisposableStack()
    endings.set(context, (stack = made))
    context.after(() => made.disposeAsync())
  }
  stack.defer(work)
}

/** A corehour process of its own, as an operator starts it. */
export type Running = {
  child: ChildProcess
  /** What it has said so far. */
  said(): { stdout: string; stderr: string }
  /** The address in its ready line; rejects with all it said when it ends before. */
  ready: Promise<string>
  /** How it ended; it has closed its streams by then. */
  ended: Promise<{ status: number | null; signal: string | null }>
}
export type Start = {
  env?: Record<string, string>
  user?: { uid: number; gid: number }
  through?: string[]
  options?: string[]
}

/** Starts the server for a test; what still runs when that ends is killed. */
export function startServer(context: Context, start: Start = {}): Running {
  const running = spawnServer(start)
  atEnd(context, async () => {
    running.child.kill('SIGKILL')
    await running.ended
  })
  return running
}

/** Starts the server on a free port, by default without the demo world and the sandbox, with nothing of this process's own settings. */
export function spawnServer(start: Start): Running {
  const {
    DATABASE_URL: _1,
    COREHOUR_DATA: _2,
    COREHOUR_TIME_ZONE: _3,
    NODE_TEST_CONTEXT: _4,
    ...inherited
  } = process.env
  const args = [...(start.through ?? []), 'src/app/serve.ts', ...(start.options ?? ['--empty'])]
  const [command, all] = endingWithParent('TERM', process.execPath, args)
  const child = spawn(command, all, {
    cwd: CHECKOUT,
    env: { ...inherited, PORT: '0', HOST: '127.0.0.1', COREHOUR_SANDBOX: 'off', ...start.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...start.user,
  })
  const said = { stdout: '', stderr: '' }
  child.stdout.on('data', (chunk) => (said.stdout += chunk))
  child.stderr.on('data', (chunk) => (said.stderr += chunk))
  const ended = once(child, 'close').then(([status, signal]) => ({ status, signal }))
  const { promise: ready, resolve, reject } = Promise.withResolvers<string>()
  child.stdout.on('data', () => {
    const address = /ready at (\S+)/.exec(said.stdout)?.[1]
    if (address) resolve(address)
  })
  void ended.then(() => reject(new Error(`it ended before it was ready: ${said.stdout}${said.stderr}`)))
  ready.catch(() => {})
  return { child, said: () => said, ready, ended }
}

/** A folder that is removed when the test ends, and that other users can pass through. */
export function temporaryFolder(context: Context, parent = roomyFolder()): string {
  const folder = mkdtempSync(join(parent, 'corehour-runtime-'))
  chmodSync(folder, 0o755)
  atEnd(context, () => rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 }))
  return folder
}

/** A data folder: where programs may run, which containers often forbid in memory. */
export function dataFolder(context: Context): string {
  const roomy = temporaryFolder(context)
  return join(allowsPrograms(roomy) ? roomy : temporaryFolder(context, tmpdir()), 'data')
}

function allowsPrograms(folder: string): boolean {
  const program = join(folder, 'program')
  writeFileSync(program, '#!/bin/sh\n', { mode: 0o755 })
  return spawnSync(program).status === 0
}

/** The process id of the database server of a data folder. */
export function postmasterOf(folder: string): number {
  return Number(readFileSync(join(folder, 'pgdata', 'postmaster.pid'), 'utf8').split('\n')[0])
}

/** Waits for something that is about to be true; a minute is forever. */
export async function eventually(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < 1200; attempt++) {
    if (await holds()) return
    await sleep(50)
  }
  throw new Error(`never came true: ${what}`)
}

/** Whether a process runs; one that has ended and that nobody has asked for yet (a zombie) doesn't. */
export function runs(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return process.platform !== 'linux' || !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}
