import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { openTestApi } from '../test/api.ts'

const FIXTURE = fileURLToPath(new URL('browser.fixture.ts', import.meta.url))

test('it runs where there is nothing of Node: no module of it, no global beside those of every browser', async (t) => {
  const api = await openTestApi()
  t.after(() => api.close())
  const url = await api.http.listen({ host: '127.0.0.1', port: 0 })
  const flags = ['--experimental-vm-modules', '--no-warnings']
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, FIXTURE, url, api.keys.customer])
  const { names, ...told } = JSON.parse(stdout)
  assert.deepEqual(names.sort(), ['From a page', "Lab's project"])
  assert.deepEqual(told, {
    account_id: api.lab.accountId,
    project: 'From a page',
    refused: true,
    code: 'not_found',
  })
})
