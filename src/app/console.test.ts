// The console as it is served: a document for every address of a page, assets that never change, and nothing of it for programs.
import assert from 'node:assert/strict'
import { before, test, type TestContext } from 'node:test'
import { buildApart, isStale } from '../../scripts/web.mjs'
import { openTestApi } from '../../test/api.ts'

before(async () => {
  if (isStale()) await buildApart(process.execPath)
})

const PAGE = { accept: 'text/html,application/xhtml+xml' }

async function listen(t: TestContext): Promise<string> {
  const api = await openTestApi()
  t.after(() => api.close())
  return api.http.listen({ host: '127.0.0.1', port: 0 })
}

test('every address of a page answers the console’s document, under a strict policy', async (t) => {
  const address = await listen(t)
  for (const path of ['/', '/bill?kind=job', '/nobody/knows/this']) {
    const response = await fetch(address + path, { headers: PAGE })
    assert.equal(response.status, 200)
    assert.match(response.headers.get('content-type') ?? '', /^text\/html/)
    const policy = response.headers.get('content-security-policy') ?? ''
    assert.match(policy, /default-src 'none'/)
    assert.doesNotMatch(policy, /unsafe|https?:/)
    assert.match(await response.text(), /<div id="root">/)
  }
})

test('assets are compressed and kept for good; the document is compressed and kept by nobody', async (t) => {
  const address = await listen(t)
  for (const encoding of ['br', 'gzip', 'identity']) {
    const page = await fetch(address, { headers: { ...PAGE, 'accept-encoding': encoding } })
    assert.equal(page.headers.get('content-encoding'), encoding === 'identity' ? null : encoding)
    assert.match(await page.text(), /<\/html>/)
  }
  const page = await fetch(address, { headers: PAGE })
  assert.equal(page.headers.get('cache-control'), 'private, no-store')
  const [, script] = /<script type="module"[^>]* src="([^"]+)"/.exec(await page.text())!
  const asset = await fetch(address + script, { headers: { 'accept-encoding': 'br' } })
  assert.equal(asset.status, 200)
  assert.equal(asset.headers.get('content-encoding'), 'br')
  assert.match(asset.headers.get('cache-control') ?? '', /immutable/)
})

test('the API and programs that mistype an address get a problem, never a page', async (t) => {
  const address = await listen(t)
  for (const [path, headers] of [
    ['/v1/nothing', PAGE],
    ['/nothing', { accept: 'application/json' }],
    ['/built-from', { accept: '*/*' }],
    ['/index.html.br', { accept: '*/*' }],
    ['/first.json', { accept: '*/*' }],
  ] as const) {
    const response = await fetch(address + path, { headers })
    assert.equal(response.status, 404, path)
    assert.match(response.headers.get('content-type') ?? '', /problem\+json/)
  }
})
