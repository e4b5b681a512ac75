import assert from 'node:assert/strict'
import { createPrivateKey } from 'node:crypto'
import { test } from 'node:test'
import { Aes } from 'wechatpay-axios-plugin'
import { secondsOf, type Clock } from '../../base/index.ts'
import { makeCertificate } from '../../../sandbox/certificate.ts'
import type { RawNotice } from '../gateway.ts'
import { drawKeys, type Answer } from './vendor.fixture.ts'
import { openWechatGateway } from './wechat.ts'
import {
  API_KEY,
  CURRENT,
  desk,
  MERCHANT,
  merchant,
  noticeOf,
  openDesk,
  order,
  payment,
  refunded,
  refusal,
  signed,
  transaction,
  underway,
  type Signer,
} from './wechat.fixture.ts'

openDesk()

test('notices of a payment and of a refund', async () => {
  assert.deepEqual(await desk.gateway.readNotice(noticeOf('TRANSACTION.SUCCESS', transaction)), {
    noticeId: 'EV-2026112720050001',
    at: Temporal.Instant.from('2026-11-27T12:05:01Z'),
    about: { kind: 'payment', payment },
  })
  const { about: other } = await desk.gateway.readNotice(
    noticeOf('TRANSACTION.SUCCESS', { ...transaction, mchid: '1900000009' }),
  )
  assert.ok(other.kind === 'payment' && other.payment.payee !== desk.gateway.payee)

  const { status: _, create_time: __, ...told } = refunded
  const amount = { total: 20_050, refund: 50, payer_total: 20_000, payer_refund: 50 }
  const refundNotice = (type: string, state: string) =>
    desk.gateway.readNotice(noticeOf(`REFUND.${type}`, { ...told, amount, mchid: MERCHANT, refund_status: state }))
  assert.deepEqual((await refundNotice('ABNORMAL', 'ABNORMAL')).about, {
    kind: 'refund',
    refund: { ...underway, state: 'abnormal' },
  })
  assert.deepEqual((await refundNotice('CLOSED', 'CLOSED')).about, {
    kind: 'refund',
    refund: { ...underway, state: 'failed' },
  })
  assert.deepEqual((await desk.gateway.readNotice(noticeOf('COUPON.USE', {}))).about, {
    kind: 'other',
    what: 'COUPON.USE',
  })
  assert.equal(desk.vendor.seen.length, 0)
})

test('a notice that WeChat Pay did not sign, or encrypt for us, is refused', async () => {
  const good = noticeOf('TRANSACTION.SUCCESS', transaction)
  const head = (name: string, value: string) => ({
    ...good,
    headers: { ...good.headers, [`wechatpay-${name}`]: value },
  })
  const { ciphertext } = JSON.parse(good.body.toString()).resource
  const bytes = Buffer.from(ciphertext, 'base64')
  const flipped = (place: number) => {
    const changed = Buffer.from(bytes)
    changed[place < 0 ? changed.length + place : place]! ^= 1
    return { ciphertext: changed.toString('base64') }
  }
  const sealed = (more: object) => noticeOf('TRANSACTION.SUCCESS', transaction, CURRENT, more)
  const month = { ...CURRENT, at: secondsOf(desk.clock.now()) - 30 * 86_400 }
  const { status: _, ...told } = refunded
  const cases: [RawNotice, RegExp][] = [
    [{ ...good, body: Buffer.from(good.body.toString().replace('EV-', 'EW-')) }, /signature is wrong/],
    [head('signature', 'WECHATPAY/SIGNTEST/dGVzdA=='), /a test one/],
    [head('signature', ''), /not signed/],
    [head('serial', 'PUB_KEY_ID_09'), /serial is not one/],
    [noticeOf('TRANSACTION.SUCCESS', transaction, month), /within 300 s/],
    [noticeOf('TRANSACTION.SUCCESS', transaction, { ...CURRENT, key: merchant.privateKey }), /signature is wrong/],
    // Rightly signed, but changed where it is encrypted: an amount, the tag, what goes with it.
    [sealed(flipped(90)), /does not open/],
    [sealed(flipped(-1)), /does not open/],
    [sealed({ ciphertext: bytes.subarray(0, -16).toString('base64') }), /does not open/],
    [sealed({ ciphertext: 'AAAA' }), /without its tag/],
    [sealed({ associated_data: 'refund' }), /does not open/],
    [sealed({ nonce: 'fdasflkja485' }), /does not open/],
    [sealed({ algorithm: 'AEAD_AES_128_GCM' }), /unknown cipher/],
    [noticeOf('TRANSACTION.SUCCESS', { ...transaction, success_time: 'soon' }), /success_time/],
    [noticeOf('REFUND.SUCCESS', { ...told, mchid: '1900000009', refund_status: 'SUCCESS' }), /another merchant/],
  ]
  for (const [notice, detail] of cases)
    await assert.rejects(
      desk.gateway.readNotice(notice),
      (error: Error & { code: string; details: { detail: string } }) => {
        assert.equal(error.code, 'bad_signature', String(detail))
        assert.match(error.details.detail, detail)
        return true
      },
    )
  assert.equal(desk.vendor.seen.length, 0)
})

const [oldKeys, newKeys] = [drawKeys(), drawKeys()]
const [OLD, NEW] = ['4A00000000000000000000000000000000000001', '4B00000000000000000000000000000000000002']
const certificateOf = (keys: { privateKey: string }, serial: string) =>
  makeCertificate(createPrivateKey(keys.privateKey), serial, 'Tenpay.com sign')

/** The list of certificates: encrypted with the APIv3 key, and signed by one of them. */
function certificatesBy(signer: Signer, now: Clock = desk.clock): Answer {
  const listed: [string, { privateKey: string }][] = [
    [OLD, oldKeys],
    [NEW, newKeys],
  ]
  const data = listed.map(([serial, keys]) => ({
    serial_no: serial,
    effective_time: '2020-01-01T08:00:00+08:00',
    expire_time: '2099-12-31T08:00:00+08:00',
    encrypt_certificate: {
      algorithm: 'AEAD_AES_256_GCM',
      nonce: '61f9c719728a',
      associated_data: 'certificate',
      ciphertext: Aes.AesGcm.encrypt(certificateOf(keys, serial), API_KEY, '61f9c719728a', 'certificate'),
    },
  }))
  return signed({ data }, { by: signer, now })
}
const byOld = { serial: OLD, key: oldKeys.privateKey }
const byNew = { serial: NEW, key: newKeys.privateKey }
const asked = () => desk.vendor.seen.filter(({ path }) => path === '/v3/certificates').length

test('what is signed with a platform certificate is verified with one that is fetched, also beside a public key', async () => {
  for (const publicKeys of [{}, desk.settings.publicKeys]) {
    desk.vendor.seen.length = 0
    desk.gateway = openWechatGateway({ ...desk.settings, publicKeys }, desk.clock)
    desk.vendor.answer((seen) =>
      seen.path === '/v3/certificates' ? certificatesBy(byOld) : signed(transaction, { by: byOld }),
    )
    const all = await Promise.all([1, 2, 3].map(() => desk.gateway.query(order, null)))
    assert.deepEqual(all[2], { state: 'paid', payments: [payment] })
    assert.equal(asked(), 1)
    // The next certificate is known before it is used.
    assert.equal(
      (await desk.gateway.readNotice(noticeOf('TRANSACTION.SUCCESS', transaction, byNew))).about.kind,
      'payment',
    )
    await assert.rejects(
      desk.gateway.readNotice(noticeOf('TRANSACTION.SUCCESS', transaction, { ...byNew, key: oldKeys.privateKey })),
      { code: 'bad_signature' },
    )
    assert.equal(asked(), 1)
  }
})

test('unknown serials ask for certificates once a minute; a failure is no refusal', async () => {
  desk.vendor.answer(() => certificatesBy(byOld))
  const invented = () =>
    desk.gateway.readNotice(noticeOf('TRANSACTION.SUCCESS', transaction, { ...byOld, serial: 'AA'.repeat(20) }))
  for (let i = 0; i < 5; i++) await assert.rejects(invented(), { code: 'bad_signature' })
  assert.equal(asked(), 1)
  desk.clock.advance(61)
  desk.vendor.answer(() => ({ status: 500 }))
  await assert.rejects(invented(), { name: 'Unavailable' })
  await assert.rejects(invented(), { name: 'Unavailable' })
  assert.equal(asked(), 2)
  // What is known already goes on counting, for hours and when it can't be fetched anew.
  desk.clock.advance(13 * 3600)
  assert.equal(
    (await desk.gateway.readNotice(noticeOf('TRANSACTION.SUCCESS', transaction, byOld))).about.kind,
    'payment',
  )
  assert.equal(asked(), 3)
})

test('certificates that WeChat Pay did not sign, or that have ended, are none', async () => {
  const fails = async (answer: Answer, name: RegExp) => {
    desk.gateway = openWechatGateway(desk.settings, desk.clock)
    desk.vendor.answer(() => answer)
    await assert.rejects(
      desk.gateway.readNotice(noticeOf('TRANSACTION.SUCCESS', transaction, byOld)),
      (error: Error) => {
        assert.match(`${error.name} ${error.message}`, name)
        return true
      },
    )
  }
  await fails(certificatesBy({ ...byOld, key: merchant.privateKey }), /Unavailable .*signature is wrong/)
  await fails(certificatesBy({ ...byOld, serial: 'AA'.repeat(20) }), /Unavailable .*signature is wrong/)
  await fails(certificatesBy({ ...byOld, at: secondsOf(desk.clock.now()) - 301 }), /Unavailable .*within 300 s/)
  await fails({ status: 404, body: '{"code":"RESOURCE_NOT_EXISTS"}' }, /Unavailable .*not signed/)
  await fails({ status: 404, body: '<html>Not Found</html>' }, /Unreadable .*not JSON/)
  await fails(refusal(400, 'PARAM_ERROR'), /Unavailable .*answer 400/)
  // A merchant of the public key alone has no certificates: what is signed with one is not of WeChat Pay.
  await fails(refusal(404, 'RESOURCE_NOT_EXISTS'), /Refusal .*serial is not one/)
  desk.clock.set('2100-01-01T12:00:00Z')
  await fails(certificatesBy(byOld), /Refusal .*serial is not one/)
})
