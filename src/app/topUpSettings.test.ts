import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { GRAINS_PER_UNIT, systemClock } from '../base/index.ts'
import { CannotStart } from './cannot-start.ts'
import { openTill, wantsSandbox } from './channels.ts'
import { readConfig } from './config.ts'
import { readTopUps } from './topUpSettings.ts'

const ALIPAY = { APP_ID: '2021', SELLER_ID: '2088', PRIVATE_KEY: 'ours', PUBLIC_KEY: 'theirs' }
const PAYPAL = { CLIENT_ID: 'c', CLIENT_SECRET: 's', MERCHANT_ID: 'm', WEBHOOK_ID: 'w', RATE: '7.10' }

function named(gateway: string, settings: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(settings).map(([name, value]) => [`COREHOUR_${gateway}_${name}`, value]))
}

test('without a gateway the sandbox stands in, unless it is off or the clock is moved by hand; with one it never does', () => {
  const none = readTopUps({})
  assert.deepEqual([none.least, none.most], [GRAINS_PER_UNIT, 20_000n * GRAINS_PER_UNIT])
  assert.deepEqual([wantsSandbox(none, false), wantsSandbox(none, true)], [true, false])
  assert.equal(wantsSandbox(readTopUps({ COREHOUR_SANDBOX: 'off' }), false), false)
  assert.equal(wantsSandbox(readTopUps(named('ALIPAY', ALIPAY)), false), false)
})

test('a gateway that is set in part, and values that mean nothing, are refused by name and without a secret', () => {
  for (const missing of Object.keys(ALIPAY)) {
    const { [missing as 'APP_ID']: _, ...rest } = ALIPAY
    assert.throws(() => readTopUps(named('ALIPAY', rest)), new RegExp(`COREHOUR_ALIPAY_${missing} is needed`))
  }
  for (const wrong of [
    named('PAYPAL', { ...PAYPAL, RATE: '0' }),
    named('PAYPAL', { ...PAYPAL, RATE: '7,1' }),
    named('PAYPAL', { ...PAYPAL, MARGIN: '1' }),
    named('PAYPAL', { ...PAYPAL, CURRENCY: 'CNY' }),
    named('PAYPAL', { ...PAYPAL, URL: 'paypal.com' }),
    named('ALIPAY', { ...ALIPAY, PRIVATE_KEY: '', PRIVATE_KEY_FILE: '/nowhere/key.pem' }),
    { COREHOUR_TOPUP_LEAST: '100', COREHOUR_TOPUP_MOST: '99' },
    { COREHOUR_TOPUP_MOST: '1e5' },
    { COREHOUR_SANDBOX: 'maybe' },
  ])
    assert.throws(() => readTopUps(wrong), CannotStart, JSON.stringify(wrong))
  const config = readConfig({ ...named('ALIPAY', ALIPAY), COREHOUR_PUBLIC_URL: 'https://billing.example.org' })
  assert.throws(() => openTill(config, false, systemClock), /settings can't be used/)
  assert.throws(() => openTill(readConfig(named('PAYPAL', PAYPAL)), false, systemClock), /COREHOUR_PUBLIC_URL/)
})

test('secrets lie in files where those are named; several keys of Alipay stand one after another', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'corehour-keys-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const key = (n: number) => `-----BEGIN PUBLIC KEY-----\nkey${n}\n-----END PUBLIC KEY-----`
  writeFileSync(join(folder, 'ours'), 'secret\n')
  writeFileSync(join(folder, 'theirs'), `${key(1)}\n${key(2)}\n`)
  const { PRIVATE_KEY: _1, PUBLIC_KEY: _2, ...rest } = ALIPAY
  const files = { PRIVATE_KEY_FILE: join(folder, 'ours'), PUBLIC_KEY_FILE: join(folder, 'theirs') }
  const { alipay } = readTopUps(named('ALIPAY', { ...rest, ...files }))
  assert.deepEqual([alipay?.privateKey, alipay?.alipayPublicKeys], ['secret', [key(1), key(2)]])
})

test("PayPal: production's address and certificates unless another is named", () => {
  const { paypal, exchange } = readTopUps(named('PAYPAL', PAYPAL))
  assert.deepEqual([paypal?.url, paypal?.certificateUrls, paypal?.currency], [undefined, undefined, 'USD'])
  assert.deepEqual(exchange, { rate: '7.10', margin: '0.02', source: 'COREHOUR_PAYPAL_RATE' })
  const tried = readTopUps(named('PAYPAL', { ...PAYPAL, URL: 'https://api-m.sandbox.paypal.com' })).paypal
  assert.deepEqual(tried?.certificateUrls, [
    'https://api-m.sandbox.paypal.com/v1/notifications/certs/',
    'https://api.sandbox.paypal.com/v1/notifications/certs/',
  ])
})
