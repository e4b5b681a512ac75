import { statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { defaultDataFolder } from '../src/app/config.ts'
import type { Embedded } from '../src/app/embedded/index.ts'
import { startThrowaway } from '../src/app/embedded/throwaway.ts'
import { migrate } from '../src/app/migrate.ts'
import { openDatabase, systemClock, type Database } from '../src/base/index.ts'

/** A database server for tests: the address of its maintenance database. The runner hands it to the test files by environment. */
export type TestCluster = { address: string; stop(): Promise<void> }

/** The migrated database that every test's own is cloned from. */
export const TEMPLATE = 'template_corehour'
export const CLUSTER_VARIABLE = 'COREHOUR_TEST_CLUSTER'
const ROOMY = 1_000_000_000

/** Starts a throwaway PostgreSQL in memory with the migrated template. */
export async function startTestCluster(): Promise<TestCluster> {
  // Programs stay in the data folder: /dev/shm often forbids them.
  const embedded = await startThrowaway({ binariesFolder: defaultDataFolder(), parent: roomyFolder() })
  try {
    await makeTemplate(embedded)
  } catch (error) {
    await embedded.stop()
    throw error
  }
  return { address: embedded.database('postgres').connectionString, stop: embedded.stop }
}

/** Opens one of the databases of the server whose address is given. */
export function openOn(address: string, name: string, max = 16): Database {
  const url = new URL(address)
  url.pathname = name
  return openDatabase({ connectionString: url.href, max })
}

/** Memory, except where a container gives only a little of it. */
export function roomyFolder(): string {
  try {
    const { bavail, bsize } = statfsSync('/dev/shm')
    if (bavail * bsize > ROOMY) return '/dev/shm'
  } catch {
    // Not Linux.
  }
  return tmpdir()
}

async function makeTemplate(embedded: Embedded): Promise<void> {
  const server = openDatabase({ ...embedded.database('postgres'), max: 1 })
  await server.pool.query(`create database ${TEMPLATE}`)
  await server.close()
  const template = openDatabase({ ...embedded.database(TEMPLATE), max: 1 })
  try {
    await migrate(template, systemClock)
  } finally {
    await template.close()
  }
}
