import { readFileSync } from 'node:fs'
import { CannotStart } from '../cannot-start.ts'

/** The user that PostgreSQL runs as; undefined: the one who runs this process. */
export type Owner = { name: string; uid: number; gid: number } | undefined

/**
 * PostgreSQL refuses to run as root, and initdb wants a user that has a name.
 * @throws CannotStart where root finds no such user
 */
export function findOwner(): Owner {
  if (process.getuid?.() !== 0) return undefined
  const users = readFileSync('/etc/passwd', 'utf8').split('\n')
  for (const name of ['postgres', 'nobody']) {
    const [, , uid, gid] = users.find((line) => line.startsWith(`${name}:`))?.split(':') ?? []
    if (uid && gid) return { name, uid: Number(uid), gid: Number(gid) }
  }
  throw new CannotStart(
    'the embedded PostgreSQL does not run as root, and there is no user postgres or nobody: add one, or set DATABASE_URL',
  )
}

/** How to spawn as the owner. */
export function asOwner(owner: Owner): { uid?: number; gid?: number } {
  return owner ? { uid: owner.uid, gid: owner.gid } : {}
}
