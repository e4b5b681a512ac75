import { crc32, createDeflateRaw } from 'node:zlib'
import type { Sink } from './sink.ts'

/** An archive in the making; its parts are written one after the other. */
export type Zip = {
  /** Begins a part. */
  open(name: string): Promise<ZipPart>
  /** Writes the directory, after the last part. */
  finish(): Promise<void>
}
export type ZipPart = {
  /** Bytes so far, before they are pressed. */
  length(): number
  /** Resolves when the bytes before are pressed: that goes on in a thread of its own. */
  write(bytes: Buffer): Promise<void>
  close(): Promise<void>
}

// Level 2 presses a sheet to a seventh at 185 MB/s; level 6, the usual one, to a ninth at 56.
const PRESSED = { level: 2, memLevel: 9, chunkSize: 64 * 1024 }
const DEFLATED = 8
/** Version 2.0, and names in UTF-8. */
const VERSION = 20
const FLAGS = 0x0800
/** 1980-01-01: an archive's times have no zone, and of the same rows comes the same file. */
const DATE = 0x0021
/**
 * Without the extension of the format that not every reader knows. A sheet of a million rows has 2 GB, which are 100
 * MB pressed.
 */
const LARGEST = 2 ** 32 - 1

type Entry = { name: Buffer; offset: number; crc: number; pressed: number; length: number }

/** Writes an archive into a sink. Throws when it would be larger than 4 GB. */
export function openZip(sink: Sink): Zip {
  const entries: Entry[] = []
  return {
    async open(name) {
      const entry = { name: Buffer.from(name), offset: sink.length(), crc: 0, pressed: 0, length: 0 }
      entries.push(entry)
      // Sizes are known at the end and written over these then.
      await sink.write(localHead(entry))
      return openPart(sink, entry)
    },
    async finish() {
      const from = sink.length()
      const directory = Buffer.concat(entries.map(directoryHead))
      const end = Buffer.alloc(22)
      end.writeUInt32LE(0x06054b50, 0)
      end.writeUInt16LE(entries.length, 8)
      end.writeUInt16LE(entries.length, 10)
      end.writeUInt32LE(directory.length, 12)
      end.writeUInt32LE(from, 16)
      await sink.write(Buffer.concat([directory, end]))
    },
  }
}

function openPart(sink: Sink, entry: Entry): ZipPart {
  const deflate = createDeflateRaw(PRESSED)
  let pressed: Buffer[] = []
  let failure: Error | undefined
  deflate.on('data', (chunk: Buffer) => pressed.push(chunk))
  deflate.on('error', (error) => (failure = error))
  const flush = async () => {
    if (failure) throw failure
    const chunks = pressed
    pressed = []
    for (const chunk of chunks) entry.pressed += chunk.length
    if (sink.length() > LARGEST || entry.length > LARGEST) throw new Error('an XLSX of more than 4 GB: use CSV')
    if (chunks.length > 0) await sink.write(Buffer.concat(chunks))
  }
  let last: Promise<unknown> = Promise.resolve()
  return {
    length: () => entry.length,
    async write(bytes) {
      entry.crc = crc32(bytes, entry.crc)
      entry.length += bytes.length
      await last
      await flush()
      last = new Promise((resolve) => deflate.write(bytes, resolve))
    },
    async close() {
      await last
      await new Promise((resolve) => deflate.once('close', resolve).end())
      await flush()
      await sink.correct(localHead(entry), entry.offset)
    },
  }
}

function localHead(entry: Entry): Buffer {
  const head = Buffer.alloc(30)
  head.writeUInt32LE(0x04034b50, 0)
  common(entry).copy(head, 4)
  return Buffer.concat([head, entry.name])
}

function directoryHead(entry: Entry): Buffer {
  const head = Buffer.alloc(46)
  head.writeUInt32LE(0x02014b50, 0)
  head.writeUInt16LE(VERSION, 4)
  common(entry).copy(head, 6)
  head.writeUInt32LE(entry.offset, 42)
  return Buffer.concat([head, entry.name])
}

/** What a part's own head and the directory both say. */
function common({ crc, pressed, length, name }: Entry): Buffer {
  const head = Buffer.alloc(26)
  head.writeUInt16LE(VERSION, 0)
  head.writeUInt16LE(FLAGS, 2)
  head.writeUInt16LE(DEFLATED, 4)
  head.writeUInt16LE(DATE, 8)
  head.writeUInt32LE(crc, 10)
  head.writeUInt32LE(pressed, 14)
  head.writeUInt32LE(length, 18)
  head.writeUInt16LE(name.length, 22)
  return head
}
