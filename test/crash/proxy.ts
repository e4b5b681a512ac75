import { once } from 'node:events'
import { createConnection, createServer, type Socket } from 'node:net'
import { join } from 'node:path'

/**
 * When a connection is cut: before the database hears of the commit, after it has committed and before its answer is heard, or
 * once a transaction has begun.
 */
export type When = 'before' | 'after' | 'begun'
/** A way to the database that can be cut. */
export type Proxy = {
  /** Cuts at the next so many commits (or beginnings), after some that are let through. */
  cut(when: When, times: number, letThrough?: number): void
  /** How many cuts are still to come. */
  left(): number
  /** Cuts no more, ends all connections. */
  close(): Promise<void>
}

const SOCKET = '.s.PGSQL.5432'

/** Listens in `folder` as a PostgreSQL does, and hands everything on to the one that listens in `upstream`. */
export async function openProxy(folder: string, upstream: string): Promise<Proxy> {
  const state = { when: 'after' as When, times: 0, letThrough: 0 }
  const open = new Set<Socket>()
  const take = (when: When) => state.when === when && state.times > 0 && state.letThrough-- <= 0 && state.times-- > 0
  const server = createServer((client) => {
    const database = createConnection(join(upstream, SOCKET))
    const end = () => [client, database].forEach((side) => side.destroy())
    let cutAt: 'answer' | 'begun' | undefined
    for (const side of [client, database]) {
      open.add(side)
      side.on('error', end).on('close', () => {
        open.delete(side)
        end()
      })
    }
    const split = splitter()
    client.on('data', (chunk: Buffer) => {
      for (const message of split(chunk)) {
        const text = textOf(message)
        if (text === 'commit' && take('before')) return end()
        if (text === 'commit' && take('after')) cutAt = 'answer'
        if (text === 'begin' && take('begun')) cutAt = 'begun'
        database.write(message)
      }
    })
    const splitAnswers = splitter(true)
    database.on('data', (chunk: Buffer) => {
      for (const message of splitAnswers(chunk)) {
        // Answers to what travelled ahead of the commit come first.
        if (cutAt === 'answer' && isCommitted(message)) return end()
        client.write(message, () => cutAt === 'begun' && end())
      }
    })
  })
  server.listen(join(folder, SOCKET))
  await once(server, 'listening')
  return {
    cut: (when, times, letThrough = 0) => Object.assign(state, { when, times, letThrough }),
    left: () => state.times,
    async close() {
      server.close()
      for (const side of open) side.destroy()
      await once(server, 'close')
    },
  }
}

/** Cuts a stream into messages: the first that a client sends has no type byte before its length. */
function splitter(started = false): (chunk: Buffer) => Buffer[] {
  let rest = Buffer.alloc(0)
  return (chunk) => {
    rest = Buffer.concat([rest, chunk])
    const messages: Buffer[] = []
    for (;;) {
      const head = started ? 1 : 0
      if (rest.length < head + 4) return messages
      const length = head + rest.readUInt32BE(head)
      if (rest.length < length) return messages
      messages.push(rest.subarray(0, length))
      rest = rest.subarray(length)
      started = true
    }
  }
}

/** Whether the database says that it has committed. */
function isCommitted(message: Buffer): boolean {
  return message[0] === 0x43 && message.toString('utf8', 5) === 'COMMIT\0'
}

/** The text of a simple query. */
function textOf(message: Buffer): string | undefined {
  return message[0] === 0x51 ? message.toString('utf8', 5, message.length - 1) : undefined
}
