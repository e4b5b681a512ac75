import { verify, X509Certificate } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { CheckoutPaymentIntent, Client, OrdersController, PaymentsController } from '@paypal/paypal-server-sdk'
import { AlipaySdk } from 'alipay-sdk'
import { Aes, Formatter, Rsa, Wechatpay } from 'wechatpay-axios-plugin'
import type { Sandbox } from './index.ts'
import type { Received } from './merchant.fixture.ts'

/** Whose settings and address a library is given. */
type Merchant = { sandbox: Pick<Sandbox, 'settings'>; address: string }

/** What a notice says, and whether the gateway signed it, by the gateway's own library or documents. */
export type Read = { genuine: boolean; content: any }

const PATIENCE_MS = 10_000

// alipay-sdk writes its timestamps in the process's time zone, and Alipay reads them in China's.
process.env.TZ = 'Asia/Shanghai'

/** Alipay's own library, told to check every signature. */
export function openAlipay({ sandbox, address }: Merchant, timeout = PATIENCE_MS) {
  const { url, appId, privateKey, alipayPublicKeys } = sandbox.settings().alipay
  const alipayPublicKey = alipayPublicKeys.at(-1)!
  const sdk = new AlipaySdk({ appId, privateKey, keyType: 'PKCS8', alipayPublicKey, gateway: url, timeout })
  const call = (method: string, bizContent: object, more: object = {}) =>
    sdk.exec(method, { ...more, bizContent }, { validateSign: true }) as Promise<Record<string, any>>
  return {
    call,
    open: (orderId: string, amount = '12.34', more: object = {}) =>
      call(
        'alipay.trade.precreate',
        { out_trade_no: orderId, total_amount: amount, subject: 'Corehour 充值', ...more },
        { notifyUrl: `${address}/alipay` },
      ),
    query: (orderId: string) => call('alipay.trade.query', { out_trade_no: orderId }),
    async read({ body }: Received): Promise<Read> {
      const content = Object.fromEntries(new URLSearchParams(body))
      return { genuine: sdk.checkNotifySignV2({ ...content }), content }
    },
  }
}

/** WeChat Pay's interceptors, which verify every answer, and their helpers. */
export function openWechat({ sandbox, address }: Merchant, timeout = PATIENCE_MS) {
  const { url, appId: appid, mchId: mchid, serial, privateKey, publicKeys, apiV3Key } = sandbox.settings().wechat
  // Answers are asked to be signed by the public key, whatever else is in use.
  const headers = { 'Wechatpay-Serial': Object.keys(publicKeys)[0]! }
  // It puts its own keys into what it is given.
  const certs = { ...publicKeys }
  const client = new Wechatpay({ mchid, serial, privateKey, certs, baseURL: url, timeout, headers })
  const chain = (path: string) => client.chain(path)
  return {
    chain,
    async open(orderId: string, total = 1234, more: object = {}): Promise<string> {
      const content = { appid, mchid, description: 'Corehour 充值', out_trade_no: orderId, amount: { total } }
      const body = { ...content, notify_url: `${address}/wechat`, ...more }
      return (await chain('v3/pay/transactions/native').post<any>(body)).data.code_url
    },
    query: async (orderId: string) =>
      (await chain(`v3/pay/transactions/out-trade-no/${orderId}`).get({ params: { mchid } })).data,
    async read({ headers, body }: Received, keys: Record<string, string> = publicKeys): Promise<Read> {
      const [at, word, id, signature] = ['timestamp', 'nonce', 'serial', 'signature'].map((name) =>
        String(headers[`wechatpay-${name}`]),
      )
      const key = Rsa.from(keys[id!]!, Rsa.KEY_TYPE_PUBLIC)
      const genuine = Rsa.verify(Formatter.response(at!, word!, body), signature!, key)
      const { event_type: kind, resource } = JSON.parse(body)
      const { ciphertext, nonce, associated_data: about } = resource
      return { genuine, content: { kind, ...JSON.parse(Aes.AesGcm.decrypt(ciphertext, apiV3Key, nonce, about)) } }
    },
  }
}

/** PayPal's own library. It knows only PayPal's addresses, so what it sends is led here. */
export function openPaypal({ sandbox }: Merchant, timeout = PATIENCE_MS) {
  const { clientId, clientSecret, url, webhookId, certificateUrls } = sandbox.settings().paypal
  const client = new Client({
    clientCredentialsAuthCredentials: { oAuthClientId: clientId, oAuthClientSecret: clientSecret },
    unstable_httpClientOptions: { adapter: lead(url, timeout) },
  })
  const orders = new OrdersController(client)
  return {
    orders,
    payments: new PaymentsController(client),
    async open(orderId: string, value = '12.34', currencyCode = 'USD'): Promise<string> {
      const paypal = {
        experienceContext: { returnUrl: 'http://127.0.0.1:9/back', cancelUrl: 'http://127.0.0.1:9/left' },
      }
      const unit = { amount: { currencyCode, value }, customId: orderId, invoiceId: orderId, description: 'Corehour' }
      const body = { intent: CheckoutPaymentIntent.Capture, purchaseUnits: [unit], paymentSource: { paypal } }
      return (await orders.createOrder({ paypalRequestId: orderId, body })).result.id!
    },
    /** Checks an event as PayPal's documents say, with the certificate that it names. */
    async read({ headers, body }: Received): Promise<Read> {
      const at = String(headers['paypal-cert-url'])
      if (!at.startsWith(certificateUrls[0]!)) throw new Error(`a certificate at ${at}`)
      const certificate = new X509Certificate(await (await fetch(at)).text())
      const [id, time, signature] = ['id', 'time', 'sig'].map((name) => String(headers[`paypal-transmission-${name}`]))
      const signed = Buffer.from(`${id}|${time}|${webhookId}|${crc32(body)}`)
      const genuine = verify('sha256', signed, certificate.publicKey, Buffer.from(signature!, 'base64'))
      return { genuine, content: JSON.parse(body) }
    },
  }
}

/** An axios adapter that keeps path, method, headers and body, and changes the host. */
function lead(to: string, timeout: number) {
  type Config = { url: string; method: string; headers: { toJSON(): Record<string, string> }; data?: string }
  return async (config: Config) => {
    const { pathname, search } = new URL(config.url)
    const { 'Content-Length': _, ...headers } = config.headers.toJSON()
    const { method, data: body = null } = config
    const answer = await fetch(`${to}${pathname}${search}`, {
      method,
      headers,
      body,
      signal: AbortSignal.timeout(timeout),
    })
    const data = await answer.text()
    return { status: answer.status, statusText: '', headers: Object.fromEntries(answer.headers), data, config }
  }
}

/** How a library says no: its status and code, or its kind of error. */
export async function refusalOf(asked: Promise<unknown>): Promise<string> {
  try {
    await asked
    return 'ok'
  } catch (error) {
    const { response, statusCode, body, code, name, message } = error as Record<string, any>
    if (response) return `${response.status} ${response.data?.code ?? 'no code'}`
    if (statusCode) return `${statusCode} ${/"issue":"(\w+)"/.exec(String(body))?.[1] ?? 'no issue'}`
    return `${typeof code === 'string' ? code : name} ${message}`
  }
}
