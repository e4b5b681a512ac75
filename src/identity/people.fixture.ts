import assert from 'node:assert/strict'
import { after, before } from 'node:test'
import { newId, Refusal, transact, type Tx } from '../base/index.ts'
import { openTestApp, type TestApp } from '../../test/harness.ts'
import { createAccount, createProject, createUser, identityInvariants } from './index.ts'

/** What the tests of one file do, on books of its own that only this room writes. */
export function openPeople() {
  let opened: TestApp
  before(async () => {
    opened = await openTestApp({ at: '2026-01-01T00:00:00Z' })
  })
  after(async () => {
    assert.deepEqual(await violations(), [])
    // Accounts here have no wallets, which are another room's: the audit of all rooms would miss them.
    await inside((tx) => tx.query({ text: 'truncate account, users, project, member' }))
    await opened.close()
  })
  const inside = <T>(work: (tx: Tx) => Promise<T>) => transact(opened.app, { kind: 'staff', id: 'ada' }, work)
  const violations = () =>
    inside(async (tx) => {
      const found: string[] = []
      for (const { name, sql } of identityInvariants) if ((await tx.query({ text: sql })).length > 0) found.push(name)
      return found
    })
  let serial = 0
  /** A person with an account of their own. */
  const person = async (name = `Person ${++serial}`) => {
    const { accountId } = await inside((tx) =>
      createAccount(tx, { accountId: newId('acct', tx.now), name, currency: 'CNY' }),
    )
    return inside((tx) => createUser(tx, { userId: newId('user', tx.now), accountId, name }))
  }
  const projectOf = ({ accountId, userId }: { accountId: string; userId: string }, name = 'Lab') =>
    inside((tx) => createProject(tx, { projectId: newId('proj', tx.now), accountId, creatorUserId: userId, name }))
  return { inside, violations, person, projectOf, clock: () => opened.clock }
}

export const refused = (code: Refusal['code']) => (error: unknown) => error instanceof Refusal && error.code === code
