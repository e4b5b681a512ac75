// The guides do what they say: their blocks are run in order, and what they show is what comes out.
import assert from 'node:assert/strict'
import { execFile, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { test, type TestContext } from 'node:test'
import { createClient } from '@corehour/sdk'
import { CHECKOUT } from '../src/app/config.ts'
import { runExports } from '../src/app/exporter.ts'
import { openTestApi } from './api.ts'
import { atEnd, dataFolder, eventually, startServer } from './process.ts'

const run = promisify(execFile)
const MARK = '---- the next block ----'

type Block = { language: string; text: string }

function blocksOf(file: string): Block[] {
  const text = readFileSync(join(CHECKOUT, file), 'utf8')
  return [...text.matchAll(/^```(\w+)\n([^]*?)^```/gm)].map(([, language, block]) => ({
    language: language!,
    text: block!,
  }))
}

/** A server on a test clock, with whoever writes its exports, and what a guide's reader has in the shell. */
async function openServer(t: TestContext, options: { empty?: boolean } = {}) {
  const api = await openTestApi(options)
  const stop = new AbortController()
  const exporting = runExports(api.app, api.shelf, stop.signal)
  const COREHOUR_URL = await api.http.listen({ host: '127.0.0.1', port: 0 })
  const folder = mkdtempSync(join(CHECKOUT, 'test', 'guide-'))
  t.after(async () => {
    stop.abort()
    await exporting
    await api.close()
    rmSync(folder, { recursive: true })
  })
  const { staff: STAFF_KEY, platform: PLATFORM_KEY, customer: COREHOUR_KEY } = api.keys
  return { folder, env: { ...process.env, COREHOUR_URL, COREHOUR_KEY, STAFF_KEY, PLATFORM_KEY } }
}
type Server = Awaited<ReturnType<typeof openServer>>

/** Runs all bash blocks in one shell; answers what each of them printed. */
async function inBash({ folder, env }: Server, blocks: readonly Block[]): Promise<Map<Block, string>> {
  const bash = blocks.filter(({ language }) => language === 'bash')
  const script = bash.map(({ text }) => `${text}\necho; echo '${MARK}'\n`).join('')
  const { stdout } = await run('bash', ['-c', `set -euo pipefail\n${script}`], { env, cwd: folder })
  const printed = stdout.split(`${MARK}\n`)
  return new Map(bash.map((block, i) => [block, printed[i]!.trim()]))
}

/** Runs all TypeScript blocks as one program. */
async function inNode({ folder, env }: Server, blocks: readonly Block[]): Promise<string> {
  const file = join(folder, 'guide.ts')
  const ts = blocks.filter(({ language }) => language === 'ts')
  writeFileSync(file, ts.map(({ text }) => text).join('\n'))
  return (await run(process.execPath, [file], { env })).stdout
}

/** What is shown is there; `..` stands for anything, and what is left out is not looked at. */
function assertShown(shown: unknown, found: unknown, where: string): void {
  if (shown === '..') return assert.ok(found !== undefined && found !== null, where)
  if (typeof shown !== 'object' || shown === null) return assert.equal(found, shown, where)
  assert.ok(typeof found === 'object' && found !== null, where)
  for (const [name, each] of Object.entries(shown))
    assertShown(each, (found as Record<string, unknown>)[name], `${where}.${name}`)
}

function withoutCurl(t: TestContext): boolean {
  if (spawnSync('curl', ['--version']).status === 0) return false
  t.skip('there is no curl on this machine')
  return true
}

test('the ten minutes of docs/connect.md come out as it says', async (t) => {
  if (withoutCurl(t)) return
  const server = await openServer(t, { empty: true })
  const blocks = blocksOf('docs/connect.md')
  const stdout = [...(await inBash(server, blocks)).values()].join('\n')
  assert.match(stdout, /"decision":"allowed"/)
  assert.match(stdout, /"amount":"2.20000000"/)
  assert.doesNotMatch(stdout, /"status":"(?:parked|refused|duplicate)"/)
  // 100 - 1.5 h x 2.2
  assert.match(stdout, /"available":\{"currency":"CNY","amount":"96.70000000"/)
  assert.match(stdout, /"seconds":5400,"cost":\{"currency":"CNY","amount":"3.30000000"/)
  assert.match(stdout, /"subject":"node-1","run":1,"action":"stop","state":"asked"/)
  assert.match(stdout, /"action":"stop","state":"taken"/)
  assert.match(stdout, /\{"data":\[\],"has_more":false,"next_cursor":null\}/)
  assert.match(await inNode(server, blocks), /Nothing may start: .* is available/)
})

test('docs/api.md goes on from there, and what it shows is what comes out', async (t) => {
  if (withoutCurl(t)) return
  const server = await openServer(t, { empty: true })
  const blocks = blocksOf('docs/api.md')
  const printed = await inBash(server, [...blocksOf('docs/connect.md'), ...blocks])
  const shown = blocks.filter(({ language }) => language === 'json')
  assert.ok(shown.length >= 8)
  for (const block of shown) {
    const before = blocks[blocks.indexOf(block) - 1]!
    assertShown(JSON.parse(block.text), JSON.parse(printed.get(before)!), before.text)
  }
  const lines = (await inNode(server, blocks)).trim().split('\n')
  // 100 and 50 paid in, 3.30 used
  assert.deepEqual(lines.slice(0, 3), [
    'Ada Lovelace 146.70000000',
    'job-17 5400 11880000000',
    '2026-01 3.30000000 CNY',
  ])
  assert.equal(JSON.parse(lines[3]!).subject, 'job-17')
  assert.match(lines[4]!, /^400 bad_request amount req_\w+$/)
})

test("sdk/README.md's snippets run, in order, as one program", async (t) => {
  const server = await openServer(t)
  const lines = (await inNode(server, blocksOf('sdk/README.md'))).trim().split('\n')
  assert.equal(lines[0], '0.00000000 CNY')
  assert.equal(lines[1], 'true')
  assert.match(lines[2]!, /^400 bad_request name req_\w+$/)
  // A header and no row of nothing.
  assert.equal(lines[3], '2')
})

test('docs/payments.md: top-ups through the sandbox, what goes wrong and cards come out as it says', async (t) => {
  if (withoutCurl(t)) return
  const server = await openWithSandbox(t)
  const blocks = blocksOf('docs/payments.md')
  const printed = [...(await inBash(server, blocks)).values()].join('\n')
  const said = [
    /^order_\w+: 200\.00 CNY by Alipay, awaiting\n/,
    /^Credited 200\.00 CNY$/m,
    /^Credited 20\.00 CNY$/m,
    /^A payment came that does not fit the order: staff look into it$/m,
    /^Credited 45\.00 CNY$/m,
    /^A card of 50\.00 CNY until /m,
    /was redeemed already, at .*\(code_redeemed\)$/m,
    / 50\.00 +50\.00 .* usable +\.\.\w{4} +Winter school$/m,
    / is revoked; 1 of 3 codes were redeemed$/m,
  ]
  for (const each of said) assert.match(printed, each)
  assert.match(await inNode(server, blocks), /^awaiting http.* 0\.00000000\npaid  30\.00000000\n$/)
})

/** A server as an operator starts it, with the sandbox, the command on the path, and a customer's key. */
async function openWithSandbox(t: TestContext): Promise<Server> {
  const folder = mkdtempSync(join(CHECKOUT, 'test', 'guide-'))
  const data = dataFolder(t)
  const { ready, said } = startServer(t, { env: { COREHOUR_DATA: data, COREHOUR_SANDBOX: 'on' } })
  atEnd(t, () => rmSync(folder, { recursive: true }))
  const COREHOUR_URL = await ready
  const sandbox = () => /paid at (\S+), and no money moves/.exec(said().stdout)?.[1]
  await eventually('the sandbox is there', () => sandbox() !== undefined)
  const command = join(folder, 'corehour')
  writeFileSync(command, `#!/bin/sh\nexec '${process.execPath}' '${CHECKOUT}src/app/command.ts' "$@"\n`, {
    mode: 0o755,
  })
  const key = await run(command, ['key', 'create', '--scope', 'staff', '--name', 'finance'], {
    env: { ...process.env, COREHOUR_DATA: data },
  })
  const STAFF_KEY = key.stdout.trim()
  const staff = createClient({ url: COREHOUR_URL, key: STAFF_KEY })
  const { user_id } = await staff.users.create({ name: 'Ada Lovelace' })
  const { secret } = await staff.keys.create({ name: 'ada', scope: 'customer', user_id })
  const keys = { STAFF_KEY, CUSTOMER_KEY: secret!, COREHOUR_KEY: secret!, PLATFORM_KEY: '' }
  const env = { ...process.env, ...keys, COREHOUR_URL, SANDBOX: sandbox()!, PATH: `${folder}:${process.env.PATH}` }
  return { folder, env }
}
