import assert from 'node:assert/strict'
import { execFile, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { test } from 'node:test'
import { CHECKOUT } from '../src/app/config.ts'
import { openTestApi } from './api.ts'

const run = promisify(execFile)
const GUIDE = readFileSync(join(CHECKOUT, 'docs/connect.md'), 'utf8')

function blocks(language: string): string[] {
  return [...GUIDE.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\``, 'gm'))].map((match) => match[1]!)
}

test('the ten minutes of docs/connect.md come out as it says', async (t) => {
  if (spawnSync('curl', ['--version']).status !== 0) return t.skip('there is no curl on this machine')
  const api = await openTestApi({ empty: true })
  t.after(() => api.close())
  const address = await api.http.listen({ host: '127.0.0.1', port: 0 })
  const env = { ...process.env, COREHOUR_URL: address, STAFF_KEY: api.keys.staff, PLATFORM_KEY: api.keys.platform }
  const script = `set -euo pipefail\n${blocks('bash')
    .map((block) => `${block}\necho\n`)
    .join('')}`
  const { stdout } = await run('bash', ['-c', script], { env })
  assert.match(stdout, /"decision":"allowed"/)
  assert.match(stdout, /"amount":"2.20000000"/)
  assert.doesNotMatch(stdout, /"status":"(?:parked|refused|duplicate)"/)
  // 100 - 1.5 h x 2.2
  assert.match(stdout, /"available":\{"currency":"CNY","amount":"96.70000000"/)
  assert.match(stdout, /"seconds":5400,"cost":\{"currency":"CNY","amount":"3.30000000"/)

  const folder = mkdtempSync(join(CHECKOUT, 'test', 'guide-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'sdk.ts')
  writeFileSync(file, blocks('ts').join('\n'))
  const sdk = await run(process.execPath, [file], { env })
  assert.match(sdk.stdout, /Nothing may start: .* is available/)
})
