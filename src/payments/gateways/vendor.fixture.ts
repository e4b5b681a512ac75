import { generateKeyPairSync } from 'node:crypto'
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { crc32, deflateRawSync } from 'node:zlib'

export type Seen = { method: string; path: string; query: URLSearchParams; headers: IncomingHttpHeaders; body: string }
/** What a vendor answers: `reset` breaks the connection, `silent` says nothing. */
export type Answer = { status?: number; headers?: Record<string, string>; body?: string | Buffer } | 'reset' | 'silent'
export type Vendor = { url: string; seen: Seen[]; answer(next: Answering): void; close(): void }
type Answering = (seen: Seen) => Answer

/** A local server in the place of a payment company. It answers as the last `answer` says. */
export async function openVendor(): Promise<Vendor> {
  let answering: Answering = () => ({ status: 404 })
  const seen: Seen[] = []
  const answerTo = async (request: IncomingMessage, response: ServerResponse) => {
    const body = Buffer.concat(await request.toArray()).toString()
    const url = new URL(request.url!, 'http://vendor')
    const { method, headers } = request
    const told = { method: method!, path: url.pathname + url.search, query: url.searchParams, headers, body }
    seen.push(told)
    const answer = answering(told)
    if (answer === 'silent') return
    if (answer === 'reset') {
      request.socket.destroy()
      return
    }
    response.writeHead(answer.status ?? 200, answer.headers).end(answer.body)
  }
  const server = createServer((request, response) => void answerTo(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    answer(next) {
      answering = next
    },
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}

/** An RSA key of its own, in PEM. */
export function drawKeys(): { privateKey: string; publicKey: string } {
  return generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  })
}

/** Text in GBK, by turning its decoder round. */
export function encodeGbk(text: string): Buffer {
  return Buffer.concat(Array.from(text, (char) => gbk.get(char) ?? Buffer.from(char)))
}

const gbk = new Map<string, Buffer>()
const decoder = new TextDecoder('gbk')
for (let lead = 0x81; lead <= 0xfe; lead++)
  for (let trail = 0x40; trail <= 0xfe; trail++) {
    const bytes = Buffer.from([lead, trail])
    const char = decoder.decode(bytes)
    if (char.length === 1 && char !== '\uFFFD') gbk.set(char, bytes)
  }

/** A zip with names as they are given, in bytes. */
export function makeZip(parts: readonly { name: Buffer; body: Buffer }[]): Buffer {
  const bodies: Buffer[] = []
  const directory: Buffer[] = []
  let offset = 0
  for (const { name, body } of parts) {
    const packed = deflateRawSync(body)
    const common = Buffer.alloc(26)
    common.writeUInt16LE(20, 0)
    common.writeUInt16LE(8, 4)
    common.writeUInt32LE(crc32(body), 10)
    common.writeUInt32LE(packed.length, 14)
    common.writeUInt32LE(body.length, 18)
    common.writeUInt16LE(name.length, 22)
    const entry = Buffer.alloc(14)
    entry.writeUInt32LE(offset, 10)
    const head = Buffer.concat([Buffer.from('PK\x03\x04'), common, name])
    bodies.push(head, packed)
    directory.push(Buffer.from('PK\x01\x02\x14\x00'), common, entry, name)
    offset += head.length + packed.length
  }
  const listed = Buffer.concat(directory)
  const end = Buffer.alloc(22)
  end.write('PK\x05\x06', 'latin1')
  end.writeUInt16LE(parts.length, 8)
  end.writeUInt16LE(parts.length, 10)
  end.writeUInt32LE(listed.length, 12)
  end.writeUInt32LE(offset, 16)
  return Buffer.concat([...bodies, listed, end])
}
