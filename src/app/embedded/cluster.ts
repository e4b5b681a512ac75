import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { CannotStart, codeOf } from '../cannot-start.ts'
import { asOwner, type Owner } from './owner.ts'

export const SUPERUSER = 'corehour'
/** What the programs of PostgreSQL see of our environment: nothing of the operator's language or libraries. */
export const ENVIRONMENT = { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' }
// A socket's whole path may have 107 bytes on Linux and 103 on macOS.
const LONGEST_SOCKET_PATH = 103
const SHORT_SOCKET_PREFIX = join(tmpdir(), 'corehour-socket-')

/**
 * Makes a folder, and every one above it, that the owner can pass through whatever the umask is.
 * @throws CannotStart when it can't be made
 */
export function makeFolder(path: string): void {
  if (existsSync(path)) return
  makeFolder(dirname(path))
  try {
    mkdirSync(path)
    chmodSync(path, 0o755)
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw unwritable(path, error)
  }
}

/** What to say when a file in the data folder can't be written. */
export function unwritable(path: string, error: unknown): CannotStart {
  return new CannotStart(
    `can't write ${path} (${codeOf(error) ?? error}): make it writable for this user, or set COREHOUR_DATA to another folder`,
  )
}

/** Makes a folder that only the owner may enter. */
export function makePrivate(path: string, owner: Owner): void {
  mkdirSync(path, { recursive: true, mode: 0o700 })
  chmodSync(path, 0o700)
  if (owner) chownSync(path, owner.uid, owner.gid)
}

/**
 * Makes the cluster `<folder>/pgdata` unless it is there: UTF-8 whatever the machine's locale, checksums, entry by the
 * private socket only. It is made aside and renamed, so a start that was killed half way leaves nothing that looks done.
 * @throws CannotStart when initdb fails, or the cluster is of another major version
 */
export function makeCluster(folder: string, binaries: string, owner: Owner, durable: boolean): string {
  const cluster = join(folder, 'pgdata')
  if (existsSync(cluster)) {
    assertSameMajor(cluster, binaries)
    return cluster
  }
  for (const name of readdirSync(folder)) {
    if (name.startsWith('pgdata.new-')) rmSync(join(folder, name), { recursive: true })
  }
  const fresh = `${cluster}.new-${process.pid}`
  makePrivate(fresh, owner)
  const { status, error, stderr } = spawnSync(
    join(binaries, 'bin', 'initdb'),
    [
      ...[
        '-D',
        fresh,
        '--username',
        SUPERUSER,
        '--encoding',
        'UTF8',
        '--locale-provider',
        'builtin',
        '--locale',
        'C.UTF-8',
      ],
      ...['--auth-local', 'trust', '--auth-host', 'reject', '--data-checksums', '--no-instructions'],
      ...(durable ? [] : ['--no-sync']),
    ],
    { ...asOwner(owner), cwd: fresh, env: ENVIRONMENT, encoding: 'utf8', timeout: 120_000 },
  )
  if (status !== 0) {
    rmSync(fresh, { recursive: true, force: true })
    throw new CannotStart(
      `can't make the database in ${folder}: ${error?.message ?? stderr.trim().split('\n').slice(0, 3).join('; ')}`,
    )
  }
  renameSync(fresh, cluster)
  return cluster
}

function assertSameMajor(cluster: string, binaries: string): void {
  const kept = readFileSync(join(cluster, 'PG_VERSION'), 'utf8').trim()
  const ours = /pg-(\d+)/.exec(binaries)?.[1]
  if (kept !== ours) {
    throw new CannotStart(
      `${cluster} was made by PostgreSQL ${kept} and this is ${ours}: dump it with the old version and load it into a new folder`,
    )
  }
}

/** A folder for the socket: in the data folder, or where that path is too long for a socket, a short one. */
export function makeSocketFolder(folder: string, owner: Owner): string {
  const inside = join(folder, 'run')
  const fits = Buffer.byteLength(join(inside, '.s.PGSQL.5432.lock')) <= LONGEST_SOCKET_PATH
  const path = fits ? inside : mkdtempSync(SHORT_SOCKET_PREFIX)
  makePrivate(path, owner)
  return path
}

/** Removes a socket's folder when it was a short one. */
export function removeSocketFolder(path: string | undefined): void {
  if (path?.startsWith(SHORT_SOCKET_PREFIX) && dirname(path) === tmpdir())
    rmSync(path, { recursive: true, force: true })
}
