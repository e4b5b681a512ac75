import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { crc32, inflateRawSync } from 'node:zlib'
import { openSink } from './sink.ts'
import { openZip } from './zip.ts'

test('an archive has its parts whole, by its directory and by their own heads', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'corehour-zip-'))
  const path = join(folder, 'a.zip')
  const sink = await openSink(path)
  const zip = openZip(sink)
  const parts: [string, Buffer[]][] = [
    ['empty.xml', []],
    ['one/工.xml', [Buffer.from('<a/>')]],
    ['large.bin', Array.from({ length: 40 }, (_, n) => Buffer.alloc(100_000, `${n} some text `))],
  ]
  for (const [name, chunks] of parts) {
    const part = await zip.open(name)
    for (const chunk of chunks) await part.write(chunk)
    await part.close()
  }
  await zip.finish()
  await sink.close()
  const bytes = readFileSync(path)
  assert.equal(bytes.length, sink.length())
  const end = bytes.length - 22
  assert.equal(bytes.readUInt32LE(end), 0x06054b50)
  assert.equal(bytes.readUInt16LE(end + 10), parts.length)
  let at = bytes.readUInt32LE(end + 16)
  for (const [name, chunks] of parts) {
    const whole = Buffer.concat(chunks)
    const nameLength = bytes.readUInt16LE(at + 28)
    const head = bytes.readUInt32LE(at + 42)
    assert.equal(bytes.toString('utf8', at + 46, at + 46 + nameLength), name)
    // Both heads tell the same.
    assert.deepEqual(bytes.subarray(at + 6, at + 32), bytes.subarray(head + 4, head + 30))
    assert.equal(bytes.readUInt32LE(head + 14), crc32(whole))
    const body = bytes.subarray(head + 30 + nameLength, head + 30 + nameLength + bytes.readUInt32LE(head + 18))
    assert.ok(inflateRawSync(body).equals(whole), name)
    at += 46 + nameLength
  }
  assert.equal(at, end)
  rmSync(folder, { recursive: true })
})
