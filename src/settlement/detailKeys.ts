import type { Tx } from '../base/index.ts'
import { findProjects, findUsers } from '../identity/index.ts'

/** Who pays. */
export type Payer = { accountId: string; accountName: string; currency: string }
/** What a row of the bill is of; one object for all rows of the same, by which what is made of it can be kept. */
export type BillKey = Payer & {
  projectId: string
  projectName: string
  userId: string
  userName: string
  kind: string
  sku: string
}

/** The keys of one account's bill. */
export type Keys = {
  /** A key by its text, as `readDetailSources` writes it. */
  keyOf(text: string): BillKey
  /** Gives the keys that are new since the last time the names that people know. */
  name(): Promise<void>
}

export function openKeys(tx: Tx, payer: Payer): Keys {
  const keys = new Map<string, BillKey>()
  let nameless: BillKey[] = []
  return {
    keyOf(text) {
      let key = keys.get(text)
      if (!key) {
        const [projectId, userId, kind, sku] = text.split('\t') as [string, string, string, string]
        key = { ...payer, projectId, projectName: '', userId, userName: '', kind, sku }
        keys.set(text, key)
        nameless.push(key)
      }
      return key
    },
    async name() {
      if (nameless.length === 0) return
      const found = nameless
      nameless = []
      const projects = await findProjects(tx, [...new Set(found.map((key) => key.projectId))])
      const users = await findUsers(tx, [...new Set(found.map((key) => key.userId))])
      for (const key of found) {
        key.projectName = projects.get(key.projectId)?.name ?? ''
        key.userName = users.get(key.userId)?.name ?? ''
      }
    },
  }
}
