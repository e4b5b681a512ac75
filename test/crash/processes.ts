import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { postmasterOf, runs } from '../process.ts'

/** Every process of a data folder's database, found by where it works (Linux). */
export function databaseProcesses(folder: string): number[] {
  const cluster = join(folder, 'pgdata')
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && placeOf(pid) === cluster && runs(pid))
}

/** The sessions that some client has open: those that work, or all where none does. */
export function sessions(folder: string): number[] {
  const all = databaseProcesses(folder)
    .map((pid) => ({ pid, title: titleOf(pid) }))
    .filter(({ title }) => title.startsWith('postgres: corehour corehour '))
  const busy = all.filter(({ title }) => !/ idle\s*$/.test(title))
  return (busy.length > 0 ? busy : all).map(({ pid }) => pid)
}

/** The server process of a data folder, if one runs. */
export function runningPostmaster(folder: string): number | undefined {
  try {
    const pid = postmasterOf(folder)
    return runs(pid) ? pid : undefined
  } catch {
    return undefined
  }
}

/** Ends a process at once, unless it has ended already. */
export function kill(pid: number | undefined, signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL'): void {
  if (pid === undefined) return
  try {
    process.kill(pid, signal)
  } catch {
    // It has ended already.
  }
}

function placeOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/cwd`)
  } catch {
    return undefined
  }
}

function titleOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
  } catch {
    return ''
  }
}
