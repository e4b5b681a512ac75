export { findBatch, issueBatch, listBatches, revokeBatch, type BatchTerms, type CountedBatch } from './cards/batch.ts'
export { giveCard } from './cards/give.ts'
export { cardInvariants } from './cards/invariants.ts'
export { redeemCode } from './cards/redeem.ts'
export { remindOfCards } from './cards/remind.ts'
export { readCard, readCards, readCodes, type Card } from './cards/store.ts'
export { lookAt } from './ask.ts'
export { nextLook } from './due.ts'
export { settleDispute, type Dispute, type DisputeReason, type Settlement } from './dispute.ts'
export { listDisputes } from './disputeStore.ts'
export type { Exchange } from './exchange.ts'
export {
  CHANNELS,
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
export { writeCash } from './gateways/cash.ts'
export { hear } from './hear.ts'
export { paymentInvariants } from './invariants.ts'
export type { Flag, Heard } from './judge.ts'
export { keepNotices, namedIn, type NoticeOutcome, type Received, type StoredNotice } from './notice.ts'
export { listNotices, readDueNotices } from './noticeStore.ts'
export {
  arrearsFirst,
  arrearsOf,
  cancelOrder,
  gatewayOf,
  isOpen,
  placeOrder,
  type Asked,
  type OrderState,
  type TopUpOrder,
} from './order.ts'
export { listOrderRows, moveDue, readDueOrders, readOrder, readOrdersAt, type OrderKey } from './orderStore.ts'
export { listPayments, type PaymentFilter, type StoredPayment } from './payment.ts'
export { takeUp } from './take.ts'
export type { Till } from './till.ts'
