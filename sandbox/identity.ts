import { createPrivateKey, createPublicKey, generateKeyPair, randomBytes, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import { makeCertificate } from './certificate.ts'
import { decimals } from './draw.ts'
import type { Channel, Store } from './store.ts'

const generate = promisify(generateKeyPair)

/** A key that signs, and the name under which others know it. */
type Signer = { id: string; privateKey: KeyObject; certificate: string | null }

/** Who is who: the merchant's accounts and keys, and the gateways' own keys, the one in use last. */
export type Identity = {
  alipay: { appId: string; sellerId: string; appKey: KeyObject; signers: Signer[] }
  wechat: {
    appId: string
    mchId: string
    serial: string
    merchantKey: KeyObject
    apiV3Key: string
    signers: Signer[]
  }
  paypal: { clientId: string; clientSecret: string; merchantId: string; webhookId: string; signers: Signer[] }
  /** Signs what a gateway never signed. */
  stranger: KeyObject
  /** Signs tokens and addresses of downloads. */
  secret: Buffer
}

let drawn: Promise<string> | undefined

/** The identity that the store keeps. Six keys take half a second to draw, so the sandboxes of one process begin with the same. */
export async function openIdentity(store: Store): Promise<Identity> {
  const kept = store.setting('identity') ?? (await (drawn ??= drawIdentity().then(freeze)))
  store.set('identity', kept)
  return thaw(kept)
}

/**
 * Gives a gateway a new key, as happens every few years: Alipay's public key, WeChat Pay's platform certificate (which its clients
 * fetch from /v3/certificates), PayPal's webhook certificate. What it signs from now on is signed with that.
 */
export async function rotate(identity: Identity, channel: Channel, store: Store): Promise<string> {
  const signer = channel === 'alipay' ? await drawKey() : await drawCertified(channel)
  identity[channel].signers.push(signer)
  store.set('identity', freeze(identity))
  return signer.id
}

export function currentSigner(identity: Identity, channel: Channel): Signer {
  return identity[channel].signers.at(-1)!
}

export function publicPem(key: KeyObject): string {
  return createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString()
}

export function privatePem(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString()
}

async function drawIdentity(): Promise<Identity> {
  const [appKey, alipay, merchantKey, wechat, paypal, stranger] = await Promise.all([
    drawRsa(),
    drawKey(),
    drawRsa(),
    drawKey(),
    drawCertified('paypal'),
    drawRsa(),
  ])
  return {
    alipay: { appId: `2021${decimals(12)}`, sellerId: `2088${decimals(12)}`, appKey, signers: [alipay] },
    wechat: {
      appId: `wx${randomBytes(8).toString('hex')}`,
      mchId: `19${decimals(8)}`,
      serial: drawSerial(),
      merchantKey,
      apiV3Key: randomBytes(16).toString('hex'),
      // New merchants get a public key, older ones a platform certificate; a rotation brings the latter.
      signers: [{ ...wechat, id: `PUB_KEY_ID_0${decimals(30)}` }],
    },
    paypal: {
      clientId: `A${randomBytes(39).toString('base64url')}`,
      clientSecret: `E${randomBytes(39).toString('base64url')}`,
      merchantId: randomBytes(8).toString('hex').toUpperCase().slice(0, 13),
      webhookId: randomBytes(9).toString('hex').toUpperCase().slice(0, 17),
      signers: [paypal],
    },
    stranger,
    secret: randomBytes(32),
  }
}

async function drawRsa(): Promise<KeyObject> {
  return (await generate('rsa', { modulusLength: 2048 })).privateKey
}

async function drawKey(): Promise<Signer> {
  return { id: drawSerial(), privateKey: await drawRsa(), certificate: null }
}

async function drawCertified(channel: 'wechat' | 'paypal'): Promise<Signer> {
  const { id, privateKey } = await drawKey()
  // As WeChat Pay's and PayPal's certificates are named.
  const name = channel === 'wechat' ? 'Tenpay.com sign' : 'messageverificationcerts.paypal.com'
  const certificate = makeCertificate(privateKey, id, name)
  return { id: channel === 'wechat' ? id : `CERT-${id.slice(0, 24).toLowerCase()}`, privateKey, certificate }
}

/** A serial of 20 bytes, positive and without a leading zero, as certificates want it. */
function drawSerial(): string {
  const bytes = randomBytes(20)
  bytes[0] = (bytes[0]! & 0x3f) | 0x40
  return bytes.toString('hex').toUpperCase()
}

function freeze(identity: Identity): string {
  return JSON.stringify(identity, function (key, value) {
    // A Buffer has become plain before it is seen here; what was held tells.
    const held = (this as Record<string, unknown>)[key]
    if (Buffer.isBuffer(held)) return { buffer: held.toString('base64') }
    return isKey(held) ? { key: privatePem(held) } : value
  })
}

function thaw(text: string): Identity {
  return JSON.parse(text, (_name, value) => {
    if (typeof value?.buffer === 'string') return Buffer.from(value.buffer, 'base64')
    return typeof value?.key === 'string' ? createPrivateKey(value.key) : value
  })
}

function isKey(value: unknown): value is KeyObject {
  return value !== null && typeof value === 'object' && 'asymmetricKeyType' in value
}
