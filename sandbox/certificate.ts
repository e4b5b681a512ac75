import { createPublicKey, sign, X509Certificate, type KeyObject } from 'node:crypto'

/**
 * A certificate for a key, signed by itself: Node reads certificates but makes none, and the two gateways that serve them need only
 * this much of X.509 (RFC 5280): a name, a term, a key and its signature.
 */
export function makeCertificate(key: KeyObject, serial: string, name: string): string {
  const sha256WithRsa = der(0x30, oid('2a864886f70d01010b'), der(0x05))
  const who = der(0x30, der(0x31, der(0x30, oid('550403'), der(0x0c, Buffer.from(name)))))
  // So long that no test's clock leaves it; generalised time, because the shorter form ends in 2049.
  const term = ['20200101000000Z', '20991231235959Z'].map((time) => der(0x18, Buffer.from(time)))
  const body = der(
    0x30,
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.from(serial, 'hex')),
    sha256WithRsa,
    who,
    der(0x30, ...term),
    who,
    createPublicKey(key).export({ type: 'spki', format: 'der' }),
  )
  const signature = Buffer.concat([Buffer.from([0]), sign('sha256', body, key)])
  return new X509Certificate(der(0x30, body, sha256WithRsa, der(0x03, signature))).toString()
}

/** One value of ASN.1 in DER: a tag, a length, and what it holds. */
function der(tag: number, ...held: Buffer[]): Buffer {
  const content = Buffer.concat(held)
  const { length } = content
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...size]), content])
}

function oid(hex: string): Buffer {
  return der(0x06, Buffer.from(hex, 'hex'))
}
