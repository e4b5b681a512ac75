import assert from 'node:assert/strict'
import { generateKeyPairSync, X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import { makeCertificate } from './certificate.ts'

test('a certificate is read by others: its name, number, term, key and signature', () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const certificate = new X509Certificate(makeCertificate(privateKey, '5E3CC0CB3C9659E0', '支付 signer'))
  assert.equal(certificate.subject, 'CN=支付 signer')
  assert.equal(certificate.issuer, certificate.subject)
  assert.equal(certificate.serialNumber, '5E3CC0CB3C9659E0')
  assert.ok(certificate.checkPrivateKey(privateKey))
  assert.ok(certificate.verify(publicKey))
  assert.equal(certificate.validFromDate.toISOString(), '2020-01-01T00:00:00.000Z')
  assert.equal(certificate.validToDate.toISOString(), '2099-12-31T23:59:59.000Z')
})
