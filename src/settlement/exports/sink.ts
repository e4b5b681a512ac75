import { open, rm } from 'node:fs/promises'

/** A file that is written from front to back; only what was written may be corrected. */
export type Sink = {
  /** Bytes so far. */
  length(): number
  /** Resolves when the chunk before is written: two chunks are in memory at most. */
  write(chunk: Buffer): Promise<void>
  /** Writes over what stands at a position. */
  correct(bytes: Buffer, position: number): Promise<void>
  /** All is on disk then. */
  close(): Promise<void>
  /** Closes and removes it. */
  abandon(): Promise<void>
}

/**
 * Opens a file for writing; what it held is gone. It may be a pipe or a device: these are neither synced nor removed.
 */
export async function openSink(path: string): Promise<Sink> {
  const file = await open(path, 'w')
  const plain = (await file.stat()).isFile()
  let last: Promise<unknown> = Promise.resolve()
  let length = 0
  return {
    length: () => length,
    async write(chunk) {
      const before = last
      length += chunk.length
      await before
      last = file.writeFile(chunk)
      // Whoever writes next, or closes, hears of a failure.
      last.catch(() => {})
    },
    async correct(bytes, position) {
      await last
      await file.write(bytes, 0, bytes.length, position)
    },
    async close() {
      try {
        await last
        if (plain) await file.sync()
      } finally {
        await file.close()
      }
    },
    async abandon() {
      await last.catch(() => {})
      await file.close().catch(() => {})
      if (plain) await rm(path, { force: true })
    },
  }
}
