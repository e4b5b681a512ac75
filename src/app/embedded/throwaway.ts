import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { holderOf } from '../processes.mjs'
import { startEmbedded, type Embedded } from './index.ts'

export type ThrowawayOptions = {
  /** Where PostgreSQL's programs are laid and stay for the next time: the data folder. */
  binariesFolder: string
  /** Where its folder is made; by default the system's temporary folder. */
  parent?: string
  log?: (line: string) => void
}

const PREFIX = 'corehour-throwaway-'

/**
 * Starts an embedded PostgreSQL without fsync whose folder is removed by `stop`. What a killed run has left is removed first.
 * @throws CannotStart as startEmbedded does
 */
export async function startThrowaway(options: ThrowawayOptions): Promise<Embedded> {
  const { parent = tmpdir(), ...rest } = options
  removeLeftOvers(parent)
  const folder = mkdtempSync(join(parent, PREFIX))
  // The database's owner must reach what lies in it.
  chmodSync(folder, 0o755)
  const remove = () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  try {
    const embedded = await startEmbedded({ ...rest, folder, durable: false })
    const stop = async () => {
      await embedded.stop()
      remove()
    }
    return { ...embedded, stop }
  } catch (error) {
    remove()
    throw error
  }
}

function removeLeftOvers(parent: string): void {
  for (const name of readdirSync(parent)) {
    // A folder without a lock file is another's that is being made just now.
    const lock = join(parent, name, 'lock')
    if (!name.startsWith(PREFIX) || !existsSync(lock) || holderOf(lock) !== undefined) continue
    try {
      rmSync(join(parent, name), { recursive: true, force: true })
    } catch {
      // Another user's.
    }
  }
}
