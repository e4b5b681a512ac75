import assert from 'node:assert/strict'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { CHECKOUT } from './config.ts'
import { holderOf, takeLock } from './processes.mjs'
import { atEnd, temporaryFolder } from '../../test/process.ts'

test('a lock has one holder, who is named, and leaves nothing behind', (t) => {
  const folder = temporaryFolder(t)
  const path = join(folder, 'lock')
  const lock = takeLock(path)
  assert.ok('release' in lock)
  assert.deepEqual(takeLock(path), { holder: process.pid })
  assert.equal(holderOf(path), process.pid)
  lock.release()
  assert.equal(holderOf(path), undefined)
  assert.deepEqual(readdirSync(folder), [])
})

test('the lock of a killed process, of another process with its id, and a broken one are stale', async (t) => {
  const folder = temporaryFolder(t)
  const path = join(folder, 'lock')
  const take = `import { takeLock } from ${JSON.stringify(join(CHECKOUT, 'src/app/processes.mjs'))}
    takeLock(${JSON.stringify(path)}); console.log('taken'); setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', take], { stdio: ['ignore', 'pipe', 'inherit'] })
  atEnd(t, () => void child.kill('SIGKILL'))
  await once(child.stdout, 'data')
  assert.deepEqual(takeLock(path), { holder: child.pid })
  child.kill('SIGKILL')
  await once(child, 'close')
  const stale = [
    readFileSync(path, 'utf8'),
    JSON.stringify({ pid: process.pid, started: 'another boot' }),
    '{"pid"',
    '',
  ]
  for (const text of stale) {
    writeFileSync(path, text)
    const lock = takeLock(path)
    assert.ok('release' in lock, text)
    lock.release()
  }
  assert.deepEqual(readdirSync(folder), [])
})
