import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { listRoutes } from '@corehour/contract'

/** What the contract shows as a route's answer. */
export function example(name: string): Record<string, unknown> {
  const found = listRoutes().find((each) => each.name === name)
  return found!.route.example.response as Record<string, unknown>
}

export type Seen = { method: string; url: string; headers: IncomingMessage['headers']; body: string }
/** What a peer does with one request. */
export type Deed = (response: ServerResponse, request: Seen) => void

/** A server on this machine that does one deed after another, the last again and again, and remembers what it was sent. */
export async function openPeer(...deeds: Deed[]): Promise<{ url: string; seen: Seen[]; close(): Promise<void> }> {
  const seen: Seen[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { method = '', url = '', headers } = request
      seen.push({ method, url, headers, body: Buffer.concat(chunks).toString() })
      deeds[Math.min(seen.length, deeds.length) - 1]!(response, seen.at(-1)!)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

export function json(body: unknown, status = 200, headers: Record<string, string> = {}): Deed {
  return (response) => {
    response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers })
    response.end(JSON.stringify(body))
  }
}

export function problem(status: number, code: string, headers: Record<string, string> = {}, more: object = {}): Deed {
  const body = {
    type: 'about:blank',
    status,
    code,
    title: code,
    detail: `It is ${code}.`,
    request_id: 'req_1',
    ...more,
  }
  return json(body, status, { 'content-type': 'application/problem+json', ...headers })
}

export function html(status: number, headers: Record<string, string> = {}): Deed {
  return (response) => {
    response.writeHead(status, { 'content-type': 'text/html', ...headers })
    response.end('<html><h1>It works!</h1></html>')
  }
}

/** Breaks the connection off, at once or in the middle of an answer. */
export const cut: Deed = (response) => void response.destroy()
export const cutInside: Deed = (response) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' })
  response.write('{"data":', () => response.destroy())
}
export const silent: Deed = () => {}
