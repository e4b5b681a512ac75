import assert from 'node:assert/strict'
import { createPrivateKey } from 'node:crypto'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { manualClock } from '../../base/index.ts'
import type { Gateway } from '../gateway.ts'
import { openAlipayGateway } from './alipay.ts'
import { openAlipayWire } from './alipayWire.ts'
import { unzip } from './bill.ts'
import { openPaypalGateway } from './paypal.ts'
import { signRsa } from './rsa.ts'
import { drawKeys, makeZip, openVendor, type Vendor } from './vendor.fixture.ts'
import { openWechatGateway } from './wechat.ts'

const [mine, theirs] = [drawKeys(), drawKeys()]
const key = createPrivateKey(theirs.privateKey)
const clock = manualClock('2026-11-27T12:00:00Z')
const common = { privateKey: mine.privateKey, notifyUrl: 'https://corehour.example/', timeoutMs: 2_000 }
let vendor: Vendor
let gateways: Gateway[]

before(async () => {
  vendor = await openVendor()
  const { url } = vendor
  gateways = [
    openAlipayGateway({ ...common, url, appId: 'a', sellerId: 's', alipayPublicKeys: [theirs.publicKey] }, clock),
    openWechatGateway(
      {
        ...common,
        url,
        appId: 'a',
        mchId: 'm',
        serial: '1',
        apiV3Key: 'k'.repeat(32),
        publicKeys: { PUB_KEY_ID_1: theirs.publicKey },
      },
      clock,
    ),
    openPaypalGateway(
      {
        url,
        clientId: 'c',
        clientSecret: 's',
        merchantId: 'm',
        webhookId: 'w',
        currency: 'USD',
        returnUrl: 'x',
        cancelUrl: 'y',
        timeoutMs: 2_000,
      },
      clock,
    ),
  ]
})
after(() => vendor.close())

const order = {
  orderId: 'order_1',
  cash: { currency: 'CNY', minor: 1n },
  subject: 'x',
  expiresAt: clock.now().add({ minutes: 30 }),
}

/** As a forgery, or, where a serial of WeChat Pay's could be new and can't be asked for, as what may be sent again. */
function isRefused(error: Error & { code?: string }): boolean {
  return error.code === 'bad_signature' || /certificates: it is not signed/.test(error.message)
}

test('whatever comes as a notice is refused, and nothing else happens', async () => {
  const names = [
    ...['timestamp', 'nonce', 'serial', 'signature'].map((name) => `wechatpay-${name}`),
    ...['transmission-id', 'transmission-time', 'transmission-sig', 'cert-url', 'auth-algo'].map(
      (name) => `paypal-${name}`,
    ),
  ]
  const value = fc.oneof(
    fc.string(),
    fc.constantFrom(String(clock.now().epochMilliseconds / 1000), 'PUB_KEY_ID_1', 'SHA256withRSA'),
  )
  const headers = fc.dictionary(fc.constantFrom(...names), value)
  const form = fc.dictionary(
    fc.constantFrom('sign', 'sign_type', 'app_id', '__proto__'),
    fc.oneof(fc.string(), fc.constant('RSA2')),
  )
  const body = fc.oneof(
    fc.uint8Array().map((bytes) => Buffer.from(bytes)),
    fc.json().map((text) => Buffer.from(text)),
    form.map((values) => Buffer.from(new URLSearchParams(values).toString())),
  )
  vendor.answer(() => ({ status: 404, body: '{"code":"RESOURCE_NOT_EXISTS"}' }))
  await fc.assert(
    fc.asyncProperty(headers, body, async (head, bytes) => {
      for (const gateway of gateways)
        await assert.rejects(gateway.readNotice({ method: 'POST', path: '/', headers: head, body: bytes }), isRefused)
    }),
    { numRuns: 300 },
  )
  assert.ok(vendor.seen.every(({ path }) => path === '/v3/certificates'))
})

test('whatever is answered without a signature, or with one and no sense, is no answer', async () => {
  const answer = fc.record({
    status: fc.constantFrom(200, 201, 204, 400, 404, 422),
    body: fc.oneof(fc.string(), fc.json()),
  })
  await fc.assert(
    fc.asyncProperty(answer, async ({ status, body }) => {
      vendor.answer(() => ({ status, ...(status !== 204 && { body }) }))
      for (const gateway of gateways)
        await assert.rejects(gateway.query(order, 'x'), { name: /^(Unavailable|Unreadable)$/ })
    }),
    { numRuns: 100 },
  )
})

test('the signed part of an answer of Alipay is found in any JSON', async () => {
  const wire = openAlipayWire(
    { ...common, url: vendor.url, appId: 'a', sellerId: 's', alipayPublicKeys: [theirs.publicKey] },
    clock,
  )
  const blank = fc.string({ unit: fc.constantFrom(' ', '\n', '\t', '\r'), maxLength: 2 })
  const nested = fc.jsonValue({
    maxDepth: 3,
    stringUnit: fc.constantFrom('"', '\\', '{', '}', '[', ']', ',', ':', '工', 'a', 'sign'),
  })
  await fc.assert(
    fc.asyncProperty(nested, nested, blank, fc.boolean(), async (inside, beside, space, signFirst) => {
      const inner = JSON.stringify({ code: '10000', found: 'yes', inside })
      const parts = [
        `"a_b_response"${space}:${space}${inner}${space}`,
        `"sign"${space}:"${signRsa(inner, key)}"`,
        `"more":${JSON.stringify(beside)}`,
      ]
      if (signFirst) parts.reverse()
      vendor.answer(() => ({ body: `${space}{${space}${parts.join(`${space},${space}`)}}${space}` }))
      assert.equal((await wire.ask('a.b', {})).text('found'), 'yes')
    }),
    { numRuns: 300 },
  )
})

test('a zip with any damage is whole or none', () => {
  const parts = ['账单,1\r\n'.repeat(40), 'x'].map((text, place) => ({
    name: Buffer.from(`${place}`),
    body: Buffer.from(text),
  }))
  const zip = makeZip(parts)
  const damage = fc.record({ at: fc.nat(zip.length - 1), value: fc.nat(255), length: fc.nat(zip.length) })
  fc.assert(
    fc.property(damage, ({ at, value, length }) => {
      const damaged = Buffer.from(zip.subarray(0, length))
      if (at < length) damaged[at] = value
      try {
        const found = unzip(damaged).map(String)
        for (const part of found) assert.ok(parts.some(({ body }) => body.toString() === part))
      } catch (error) {
        assert.equal((error as Error).name, 'Unreadable', String(error))
      }
    }),
    { numRuns: 2_000 },
  )
})
