import { bucketOf, type Tx } from '../base/index.ts'
import type { Account } from './people.ts'
import { readAccounts, readNamed } from './store.ts'

/** Accounts in order of bucket and id, after one of them or from the beginning; for whoever walks over all. */
export function listAccounts(tx: Tx, limit: number, after?: string): Promise<Account[]> {
  return readAccounts(tx, after === undefined ? -1 : bucketOf(after), after ?? '', limit)
}

/** The ids of every account, user or project that has this id or this name; names need not be unique. */
export function findNamed(tx: Tx, kind: 'account' | 'user' | 'project', idOrName: string): Promise<string[]> {
  return readNamed(tx, kind, idOrName)
}
