import serveStatic from '@fastify/static'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { CHECKOUT } from './config.ts'

const DIST = join(CHECKOUT, 'console', 'dist')

/** Everything from here and nothing from anywhere else; no inline script or style. */
const HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; " +
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
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
    globIgnore: ['**/*.br', '**/*.gz', 'index.html', 'built-from'],
    setHeaders(reply, path) {
      reply.headers(HEADERS)
      // Names of assets carry a hash of what they hold.
      reply.header('cache-control', path.includes('assets') ? 'public, max-age=31536000, immutable' : 'no-cache')
    },
  })
}

/** Whether a request asks for a page: every address of the console is the same document, which finds its page itself. */
export function isPage({ method, url, headers }: FastifyRequest): boolean {
  const accepts = headers.accept ?? ''
  return (method === 'GET' || method === 'HEAD') && accepts.includes('text/html') && !API.test(url) && isBuilt()
}

export function sendPage(reply: FastifyReply): FastifyReply {
  return reply
    .headers({ ...HEADERS, 'cache-control': 'no-cache' })
    .sendFile('index.html', DIST, { cacheControl: false })
}

function isBuilt(): boolean {
  return existsSync(join(DIST, 'built-from'))
}
