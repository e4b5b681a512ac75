import { derivedId, SYSTEM, transact, type App } from '../base/index.ts'
import { addMember, createProject, createUser } from '../identity/index.ts'
import { credit } from '../settlement/index.ts'
import { openAccount } from '../wallet/index.ts'
import type { TraceRow } from './trace.ts'

/** The accounts, projects and users that a trace names, and where each of its rows belongs. */
export type World = { placeOf(row: TraceRow): { projectId: string; userId: string } }
export type WorldOptions = {
  currency: string
  /** Cash in grains that each account gets; none where undefined. */
  credit?: bigint
}

const NAMELESS_PROJECT = 'default'

// Ids are derived from names, so that the same trace always opens the same world.
const accountIdOf = (payer: string) => derivedId('acct', 'replay', payer)
const userIdOf = (name: string) => derivedId('user', 'replay', name)
const ownerIdOf = (payer: string) => derivedId('user', 'replay owner', payer)
const projectIdOf = (row: TraceRow) => derivedId('proj', 'replay', row.payer, row.project)

/** Opens the world of some rows, an account a transaction, and pays in each account's credit. */
export async function openWorld(app: App, rows: readonly TraceRow[], options: WorldOptions): Promise<World> {
  const homes = homesOf(rows)
  for (const [payer, own] of Map.groupBy(rows, (row) => row.payer)) await openPayer(app, payer, own, homes, options)
  for (const [projectId, own] of Map.groupBy(rows, projectIdOf)) await addMembers(app, projectId, own, homes)
  return { placeOf: (row) => ({ projectId: projectIdOf(row), userId: userIdOf(row.user) }) }
}

/** Whose account a user belongs to: that of the user's own name, else of the first payer that the user ran for. */
function homesOf(rows: readonly TraceRow[]): Map<string, string> {
  const payers = new Set(rows.map((row) => row.payer))
  const homes = new Map<string, string>()
  for (const { user, payer } of rows) if (!homes.has(user)) homes.set(user, payers.has(user) ? user : payer)
  return homes
}

/** An account with its users and projects. Who created them no trace tells: the user of the account's name, made where missing. */
async function openPayer(
  app: App,
  payer: string,
  rows: readonly TraceRow[],
  homes: Map<string, string>,
  options: WorldOptions,
): Promise<void> {
  const accountId = accountIdOf(payer)
  const users = [...homes].filter(([, home]) => home === payer).map(([name]) => name)
  const creatorUserId = creatorOf(payer, homes)
  await transact(app, SYSTEM, async (tx) => {
    await openAccount(tx, { accountId, name: payer, currency: options.currency })
    for (const name of users) await createUser(tx, { accountId, userId: userIdOf(name), name })
    if (homes.get(payer) !== payer) await createUser(tx, { accountId, userId: creatorUserId, name: payer })
    for (const [projectId, [row]] of Map.groupBy(rows, projectIdOf)) {
      await createProject(tx, { accountId, creatorUserId, projectId, name: row!.project || NAMELESS_PROJECT })
    }
    if (options.credit !== undefined) {
      await credit(tx, { accountId, kind: 'cash', amount: options.credit, paymentId: 'replay', channel: 'replay' })
    }
  })
}

async function addMembers(
  app: App,
  projectId: string,
  rows: readonly TraceRow[],
  homes: Map<string, string>,
): Promise<void> {
  const creator = creatorOf(rows[0]!.payer, homes)
  const userIds = new Set(rows.map((row) => userIdOf(row.user)))
  userIds.delete(creator)
  await transact(app, SYSTEM, async (tx) => {
    for (const userId of userIds) await addMember(tx, { projectId, userId, role: 'member' })
  })
}

function creatorOf(payer: string, homes: Map<string, string>): string {
  return homes.get(payer) === payer ? userIdOf(payer) : ownerIdOf(payer)
}
