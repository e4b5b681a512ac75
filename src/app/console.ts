import serveStatic from '@fastify/static'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import { CHECKOUT } from './config.ts'
import { readBuilt, writeDocument, type Built } from './document.ts'

const DIST = join(CHECKOUT, 'console', 'dist')

/** Everything from here and nothing from anywhere else; no inline script or style. */
const HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; " +
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), microphone=(), geolocation=(), payment=()',
}
const API = /^\/(v1|files|healthz|readyz|metrics|docs|openapi\.json)\b/

/** Serves the built web console; without one, nothing of it is there. */
export function serveConsole(http: FastifyInstance): void {
  if (!isBuilt()) return
  http.register(serveStatic, {
    root: DIST,
    // Routes for what is there: what is not goes on to the pages of the console, or to a plain 404.
    wildcard: false,
    index: false,
    preCompressed: true,
    cacheControl: false,
    globIgnore: ['**/*.br', '**/*.gz', 'index.html', 'first.json', 'built-from'],
    setHeaders(reply, path) {
      reply.headers(HEADERS)
      // Names of assets carry a hash of what they hold.
      reply.header('cache-control', path.includes('assets') ? 'public, max-age=31536000, immutable' : 'no-cache')
    },
  })
}

/** Whether a request asks for a page: every address of the console is a document of ours, which finds its page itself. */
export function isPage({ method, url, headers }: FastifyRequest): boolean {
  const accepts = headers.accept ?? ''
  return (method === 'GET' || method === 'HEAD') && accepts.includes('text/html') && !API.test(url) && isBuilt()
}

let built: Built | undefined

/** Sends the document of a page. It may hold what is somebody's own, so nobody keeps it. */
export async function sendPage(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  built ??= readBuilt(DIST)
  const text = await writeDocument(built, request)
  const [encoding, bytes] = await compress(text, String(request.headers['accept-encoding'] ?? ''))
  return reply
    .headers({ ...HEADERS, 'content-type': 'text/html; charset=utf-8', 'cache-control': 'private, no-store' })
    .headers({ vary: 'accept-encoding', ...(encoding !== undefined && { 'content-encoding': encoding }) })
    .send(bytes)
}

const compressing = { br: promisify(brotliCompress), gzip: promisify(gzip) }
/** Of the quality at which it takes a millisecond. */
const QUICKLY = { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } }

async function compress(text: string, accepted: string): Promise<['br' | 'gzip' | undefined, Buffer]> {
  if (/\bbr\b/.test(accepted)) return ['br', await compressing.br(text, QUICKLY)]
  if (/\bgzip\b/.test(accepted)) return ['gzip', await compressing.gzip(text)]
  return [undefined, Buffer.from(text)]
}

function isBuilt(): boolean {
  return existsSync(join(DIST, 'built-from'))
}
