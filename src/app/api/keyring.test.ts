import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openTestApi } from '../../../test/api.ts'
import { openTestApp } from '../../../test/harness.ts'
import { waitForLock } from '../../../test/locks.ts'
import { openDatabase, SYSTEM, transact } from '../../base/index.ts'
import { createKey, revokeKey } from '../../identity/index.ts'
import { openKeyring } from './keyring.ts'

test('keys that are asked for at once are looked up at once, and then known without a look', async () => {
  const { app, close } = await openTestApp()
  const made = await transact(app, SYSTEM, (tx) =>
    Promise.all(Array.from({ length: 40 }, (_, n) => createKey(tx, { name: `key ${n}`, scope: 'staff' }))),
  )
  const database = openDatabase({ connectionString: app.database.pool.options.connectionString! })
  const keyring = openKeyring({ ...app, database })
  const secrets = made.map(({ secret }) => `Bearer ${secret}`)
  const nobody = secrets[0]!.replace(/.{8}$/, '00000000')
  const callers = await Promise.all(
    [...secrets, nobody, 'Bearer no', undefined].map(async (each) => keyring.callerOf(each)),
  )
  assert.deepEqual(
    callers.map((caller) => caller?.keyId),
    [...made.map(({ key }) => key.keyId), undefined, undefined, undefined],
  )
  assert.equal(database.pool.totalCount, 1)
  assert.deepEqual(keyring.callerOf(secrets[7]), callers[7])

  await transact(app, SYSTEM, (tx) => revokeKey(tx, made[7]!.key.keyId))
  keyring.forget()
  assert.equal(await keyring.callerOf(secrets[7]), undefined)
  await keyring.close()
  await database.close()
  await close()
})

test('a key that is revoked is refused at once, also where it was looked up while that was under way', async (t) => {
  const api = await openTestApi()
  t.after(() => api.close())
  const body = { name: 'soon gone', scope: 'staff' }
  const { key, secret } = (await api.call('POST', '/v1/api-keys', { key: api.keys.staff, body })).body
  const use = async () => (await api.call('GET', '/v1/me', { key: secret })).status
  // Revoking writes the log of staff's actions last.
  const other = await api.app.database.pool.connect()
  await other.query('begin')
  await other.query('lock table staff_action in share mode')
  const revoked = api.call('DELETE', `/v1/api-keys/${key.key_id}`, { key: api.keys.staff })
  await waitForLock(api.app)
  assert.equal(await use(), 200)
  await other.query('rollback')
  other.release()
  assert.equal((await revoked).status, 200)
  assert.equal(await use(), 401)
})
