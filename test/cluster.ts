import { statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { defaultDataFolder } from '../src/app/config.ts'
import type { Embedded } from '../src/app/embedded/index.ts'
import { startThrowaway } from '../src/app/embedded/throwaway.ts'
import { migrate } from '../src/app/migrate.ts'
import { openDatabase, systemClock } from '../src/base/index.ts'

/** Where tests find their database server: its private socket. The runner hands it to the test files by environment. */
export type TestCluster = { socketFolder: string; user: string }

/** The migrated database that every test's own is cloned from. */
export const TEMPLATE = 'template_corehour'
export const CLUSTER_VARIABLE = 'COREHOUR_TEST_CLUSTER'
const ROOMY = 1_000_000_000

/** Starts a throwaway PostgreSQL in memory with the migrated template. */
export async function startTestCluster(): Promise<TestCluster & { stop(): Promise<void> }> {
  // Programs stay in the data folder: /dev/shm often forbids them.
  const embedded = await startThrowaway({ binariesFolder: defaultDataFolder(), parent: roomyFolder() })
  try {
    await makeTemplate(embedded)
  } catch (error) {
    await embedded.stop()
    throw error
  }
  const { host, user } = embedded.database()
  return { socketFolder: host!, user: user!, stop: embedded.stop }
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
