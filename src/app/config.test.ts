import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CannotStart } from './cannot-start.ts'
import { defaultDataFolder, readConfig } from './config.ts'
import { readTopUps } from './topUpSettings.ts'

test('what is not set, or set to nothing, has its default', () => {
  const dataFolder = defaultDataFolder()
  const expected = {
    port: 8087,
    host: '127.0.0.1',
    databaseUrl: undefined,
    dataFolder,
    timeZone: 'Asia/Shanghai',
    requestsAMinute: 1200,
    publicUrl: undefined,
    proxies: [],
    smtpUrl: undefined,
    mailFrom: 'Corehour <corehour@localhost>',
    support: { email: undefined, phone: undefined },
    holdHours: 24,
    topUps: readTopUps({}),
  }
  assert.deepEqual(readConfig({}), expected)
  const nothing = {
    PORT: '',
    HOST: '',
    DATABASE_URL: '',
    COREHOUR_DATA: '',
    COREHOUR_TIME_ZONE: '',
    COREHOUR_REQUESTS_A_MINUTE: '',
    COREHOUR_PUBLIC_URL: '',
    COREHOUR_PROXIES: '',
    COREHOUR_SMTP_URL: '',
    COREHOUR_MAIL_FROM: '',
    COREHOUR_SUPPORT_EMAIL: '',
    COREHOUR_SUPPORT_PHONE: '',
    COREHOUR_HOLD_HOURS: '',
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
    COREHOUR_PUBLIC_URL: 'https://billing.example.org/',
    COREHOUR_PROXIES: '10.0.0.1, fd00::/8',
    COREHOUR_SMTP_URL: 'smtps://u:p@mail.example.org',
    COREHOUR_MAIL_FROM: 'Corehour <billing@example.org>',
    COREHOUR_SUPPORT_EMAIL: 'help@example.org',
    COREHOUR_SUPPORT_PHONE: '+86 10 0000 0000',
    COREHOUR_HOLD_HOURS: '720',
  }
  const expected = {
    port: 0,
    host: '::1',
    databaseUrl: DATABASE_URL,
    dataFolder: '/b',
    timeZone: 'Europe/Berlin',
    requestsAMinute: 60,
    publicUrl: 'https://billing.example.org',
    proxies: ['10.0.0.1', 'fd00::/8'],
    smtpUrl: 'smtps://u:p@mail.example.org',
    mailFrom: 'Corehour <billing@example.org>',
    support: { email: 'help@example.org', phone: '+86 10 0000 0000' },
    holdHours: 720,
    topUps: readTopUps({}),
  }
  assert.deepEqual(readConfig(set), expected)
})

test('what means nothing is refused', () => {
  for (const PORT of ['80a', '-1', '65536', '8.0', '1e3', ' 80', '999999']) {
    assert.throws(() => readConfig({ PORT }), CannotStart, PORT)
  }
  for (const COREHOUR_REQUESTS_A_MINUTE of ['0', '-1', '1.5', 'many'])
    assert.throws(() => readConfig({ COREHOUR_REQUESTS_A_MINUTE }), CannotStart)
  for (const COREHOUR_HOLD_HOURS of ['0', '721', '1.5', '24h', '-1'])
    assert.throws(() => readConfig({ COREHOUR_HOLD_HOURS }), CannotStart)
  assert.throws(() => readConfig({ COREHOUR_TIME_ZONE: 'Asia/Nowhere' }), CannotStart)
  assert.throws(() => readConfig({ DATABASE_URL: 'localhost/corehour' }), CannotStart)
  for (const COREHOUR_PUBLIC_URL of ['billing', 'ftp://a', 'https://a/b', 'https://a/?b', 'https://u:p@a'])
    assert.throws(() => readConfig({ COREHOUR_PUBLIC_URL }), CannotStart, COREHOUR_PUBLIC_URL)
  for (const COREHOUR_PROXIES of ['all', '10.0.0.0/33', '10.0.0.0/x', '1.2.3'])
    assert.throws(() => readConfig({ COREHOUR_PROXIES }), CannotStart, COREHOUR_PROXIES)
  assert.throws(() => readConfig({ COREHOUR_SMTP_URL: 'http://a', COREHOUR_MAIL_FROM: 'a@b' }), CannotStart)
  assert.throws(() => readConfig({ COREHOUR_SMTP_URL: 'smtp://a' }), /COREHOUR_MAIL_FROM/)
  for (const COREHOUR_MAIL_FROM of ['billing', 'A <a@b>, c@d', 'a@b\r\nBcc: c@d'])
    assert.throws(() => readConfig({ COREHOUR_MAIL_FROM }), CannotStart, COREHOUR_MAIL_FROM)
  assert.throws(() => readConfig({ COREHOUR_SUPPORT_EMAIL: 'ask us' }), CannotStart)
})

test('two clones keep their books apart, as root and as a user', () => {
  assert.equal(defaultDataFolder('/home/me/one', 1000), '/home/me/one/.corehour')
  const [one, same, two] = ['/srv/one', '/srv/one/', '/srv/two'].map((checkout) => defaultDataFolder(checkout, 0))
  assert.match(one!, /^\/var\/lib\/corehour\/[0-9a-f]{16}$/)
  assert.equal(one, same)
  assert.notEqual(one, two)
})
