import { createPrivateKey, createPublicKey, sign, verify, X509Certificate, type KeyObject } from 'node:crypto'
import { compareInstants } from '../../base/index.ts'
import { Unreadable } from './fields.ts'

/** RSA with SHA-256 and PKCS#1 padding, in base64: all three sign with it. */
export function signRsa(content: string, key: KeyObject): string {
  return sign('sha256', Buffer.from(content), key).toString('base64')
}

/** Whether a signature in base64 is of these bytes by that key; false for whatever is no signature at all. */
export function verifyRsa(content: string | Buffer, signature: string, key: KeyObject): boolean {
  return verify('sha256', Buffer.from(content), key, Buffer.from(signature, 'base64'))
}

/** @throws Error, which does not hold the key, when the text is not an RSA private key in PEM. */
export function readPrivateKey(whose: string, pem: string): KeyObject {
  return readKey(`${whose}: the private key`, () => createPrivateKey(pem))
}

/** Of a public key or of a certificate. @throws Error when the text is not an RSA key in PEM. */
export function readPublicKey(whose: string, pem: string): KeyObject {
  return readKey(`${whose}: a public key`, () => createPublicKey(pem))
}

function readKey(what: string, read: () => KeyObject): KeyObject {
  let key: KeyObject | undefined
  try {
    key = read()
  } catch {
    // What was wrong with it would tell of the key.
  }
  if (key?.asymmetricKeyType !== 'rsa') throw new Error(`${what} is not an RSA key in PEM`)
  return key
}

/** A certificate's key, and from when until when it may be used. */
export type Certified = { key: KeyObject; from: Temporal.Instant; until: Temporal.Instant }

/** @throws Unreadable when it is not a certificate in PEM. */
export function readCertificate(whose: string, pem: string): Certified {
  try {
    const { publicKey, validFromDate, validToDate } = new X509Certificate(pem)
    const instantOf = (date: Date) => Temporal.Instant.fromEpochMilliseconds(date.getTime())
    return { key: publicKey, from: instantOf(validFromDate), until: instantOf(validToDate) }
  } catch {
    throw new Unreadable(`${whose}: a certificate is not one`)
  }
}

export function isValid({ from, until }: Certified, at: Temporal.Instant): boolean {
  return compareInstants(from, at) <= 0 && compareInstants(at, until) < 0
}
