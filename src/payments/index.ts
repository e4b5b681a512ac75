export { findBatch, issueBatch, listBatches, revokeBatch, type BatchTerms, type CountedBatch } from './cards/batch.ts'
export { giveCard } from './cards/give.ts'
export { cardInvariants } from './cards/invariants.ts'
export { redeemCode } from './cards/redeem.ts'
export { remindOfCards } from './cards/remind.ts'
export { readCard, readCards, readCodes, type Card } from './cards/store.ts'
export {
  GatewayRefused,
  type Cash,
  type Channel,
  type Gateway,
  type GatewayOrder,
  type GatewayRefund,
  type GatewayState,
  type Notice,
  type NoticeAnswer,
  type Offer,
  type Payment,
  type RawNotice,
  type RefundOrder,
  type StatementRow,
} from './gateway.ts'
export { openAlipayGateway, type AlipaySettings } from './gateways/alipay.ts'
export { openPaypalGateway, type PaypalSettings } from './gateways/paypal.ts'
export { openWechatGateway, type WechatSettings } from './gateways/wechat.ts'
