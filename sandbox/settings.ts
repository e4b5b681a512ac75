import { privatePem, publicPem } from './identity.ts'
import type { Stand } from './stand.ts'

export type SandboxSettings = ReturnType<typeof settingsOf>

/** What a merchant's server needs to know of the three gateways, apart from its own addresses. */
export function settingsOf(stand: Stand) {
  const { alipay, wechat, paypal } = stand.identity
  const url = stand.address()
  return {
    alipay: {
      url: `${url}/gateway.do`,
      appId: alipay.appId,
      sellerId: alipay.sellerId,
      privateKey: privatePem(alipay.appKey),
      alipayPublicKeys: alipay.signers.map(({ privateKey }) => publicPem(privateKey)),
    },
    wechat: {
      url,
      appId: wechat.appId,
      mchId: wechat.mchId,
      serial: wechat.serial,
      privateKey: privatePem(wechat.merchantKey),
      apiV3Key: wechat.apiV3Key,
      publicKeys: Object.fromEntries(
        wechat.signers
          .filter(({ certificate }) => certificate === null)
          .map(({ id, privateKey }) => [id, publicPem(privateKey)]),
      ),
    },
    paypal: {
      url,
      clientId: paypal.clientId,
      clientSecret: paypal.clientSecret,
      merchantId: paypal.merchantId,
      webhookId: paypal.webhookId,
      currency: 'USD',
      certificateUrls: [`${url}/v1/notifications/certs/`],
    },
  }
}
