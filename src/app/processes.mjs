// Plain JavaScript, because scripts/bootstrap.mjs needs it before there is a Node that reads TypeScript.
import { execFileSync } from 'node:child_process'
import { existsSync, linkSync, readFileSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs'

/**
 * Takes a lock file that names its holder: a process id and when that process started. It outlives a kill -9, and is
 * then seen to be stale, also when the process id has been given to another process since.
 * @param {string} path the lock file, in a folder that exists
 * @returns {{ release: () => void } | { holder: number }} the lock, or the process id of who holds it
 * @throws what the file system says when the folder can't be written
 */
export function takeLock(path) {
  const mine = `${path}.${process.pid}`
  rmSync(mine, { force: true })
  // Written aside and linked into place, so that nobody ever reads half a lock.
  writeFileSync(mine, JSON.stringify({ pid: process.pid, started: startOf(process.pid) }))
  try {
    for (;;) {
      try {
        linkSync(mine, path)
        return { release: () => rmSync(path, { force: true }) }
      } catch (error) {
        if (error.code !== 'EEXIST') throw error
      }
      const holder = holderOf(path)
      if (holder !== undefined) return { holder }
      setAside(path, `${mine}.stale`)
    }
  } finally {
    rmSync(mine, { force: true })
  }
}

/**
 * @param {string} path a lock file
 * @returns {number | undefined} the process id of its holder, or undefined where nobody holds it
 */
export function holderOf(path) {
  try {
    const { pid, started } = JSON.parse(readFileSync(path, 'utf8'))
    return startOf(pid) === started ? pid : undefined
  } catch {
    return undefined
  }
}

/**
 * A command that asks the kernel to send it `signal` when the thread that spawned it ends, however that ends. The thread
 * must be the main one. Unchanged where the machine can't do it (not Linux, or busybox's setpriv).
 * @param {'INT' | 'TERM'} signal
 * @param {string} command
 * @param {string[]} args
 * @returns {[string, string[]]} command and arguments
 */
export function endingWithParent(signal, command, args) {
  if (process.platform !== 'linux') return [command, args]
  const setpriv = ['/usr/bin/setpriv', '/bin/setpriv'].find(
    (path) => existsSync(path) && realpathSync(path).endsWith('setpriv'),
  )
  return setpriv ? [setpriv, ['--pdeathsig', signal, '--', command, ...args]] : [command, args]
}

/** Removes a stale lock; if another process has taken it in the meantime, puts that one back. */
function setAside(path, aside) {
  try {
    renameSync(path, aside)
  } catch (error) {
    if (error.code === 'ENOENT') return
    throw error
  }
  if (holderOf(aside) !== undefined) {
    try {
      linkSync(aside, path)
    } catch (error) {
      if (error.code !== 'EEXIST') throw error
    }
  }
  rmSync(aside, { force: true })
}

/** When a process started, as a text that no later process with the same id shares; undefined when it has ended. */
function startOf(pid) {
  if (process.platform !== 'linux') return startByPs(pid)
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The second field, the command in brackets, may itself hold blanks and brackets.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const ended = fields[0] === 'Z' || fields[0] === 'X'
    return ended ? undefined : `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()} ${fields[19]}`
  } catch {
    return undefined
  }
}

function startByPs(pid) {
  try {
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim() || undefined
  } catch {
    return undefined
  }
}
