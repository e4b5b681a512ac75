import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CannotStart } from './cannot-start.ts'
import { defaultDataFolder, readConfig } from './config.ts'

test('what is not set, or set to nothing, has its default', () => {
  const dataFolder = defaultDataFolder()
  const expected = {
    port: 8087,
    host: '127.0.0.1',
    databaseUrl: undefined,
    dataFolder,
    timeZone: 'Asia/Shanghai',
    requestsAMinute: 1200,
  }
  assert.deepEqual(readConfig({}), expected)
  const nothing = {
    PORT: '',
    HOST: '',
    DATABASE_URL: '',
    COREHOUR_DATA: '',
    COREHOUR_TIME_ZONE: '',
    COREHOUR_REQUESTS_A_MINUTE: '',
  }
  assert.deepEqual(readConfig(nothing), expected)
})

test('what is set is taken', () => {
  const DATABASE_URL = 'postgresql://u:p@h:5432/d'
  const set = {
    PORT: '0',
    HOST: '::1',
    DATABASE_URL,
    COREHOUR_DATA: '/a/../b',
    COREHOUR_TIME_ZONE: 'Europe/Berlin',
    COREHOUR_REQUESTS_A_MINUTE: '60',
  }
  const expected = {
    port: 0,
    host: '::1',
    databaseUrl: DATABASE_URL,
    dataFolder: '/b',
    timeZone: 'Europe/Berlin',
    requestsAMinute: 60,
  }
  assert.deepEqual(readConfig(set), expected)
})

test('what means nothing is refused', () => {
  for (const PORT of ['80a', '-1', '65536', '8.0', '1e3', ' 80', '999999']) {
    assert.throws(() => readConfig({ PORT }), CannotStart, PORT)
  }
  for (const COREHOUR_REQUESTS_A_MINUTE of ['0', '-1', '1.5', 'many'])
    assert.throws(() => readConfig({ COREHOUR_REQUESTS_A_MINUTE }), CannotStart)
  assert.throws(() => readConfig({ COREHOUR_TIME_ZONE: 'Asia/Nowhere' }), CannotStart)
  assert.throws(() => readConfig({ DATABASE_URL: 'localhost/corehour' }), CannotStart)
})

test('two clones keep their books apart, as root and as a user', () => {
  assert.equal(defaultDataFolder('/home/me/one', 1000), '/home/me/one/.corehour')
  const [one, same, two] = ['/srv/one', '/srv/one/', '/srv/two'].map((checkout) => defaultDataFolder(checkout, 0))
  assert.match(one!, /^\/var\/lib\/corehour\/[0-9a-f]{16}$/)
  assert.equal(one, same)
  assert.notEqual(one, two)
})
