// What the room asks of a payment gateway. Each of the three speaks its own protocol (gateways/); none of them knows the books.

export const CHANNELS = ['alipay', 'wechat', 'paypal'] as const
export type Channel = (typeof CHANNELS)[number]

/** Cash of any currency in whole minor units: 100 fen, 100 cents, 1 yen. */
export type Cash = { currency: string; minor: bigint }

/** An order as its gateway is told of it. */
export type GatewayOrder = {
  /** Ours: 32 characters of [0-9a-z_], which all three take as the merchant's number. */
  orderId: string
  /** What the payer is asked for. */
  cash: Cash
  /** What the payer reads on the bill, such as `Corehour top-up`. */
  subject: string
  /** After this it can't be paid any more. */
  expiresAt: Temporal.Instant
}

/** How to pay: a text to draw as a QR code, or an address to send the payer to; and the gateway's own number where it gives one now. */
export type Offer = { qr: string; reference: null } | { approveUrl: string; reference: string }

/** Money that the gateway says was paid. */
export type Payment = {
  orderId: string
  /** The gateway's own number of the payment (trade_no, transaction_id, capture id): one credit each. */
  paymentId: string
  cash: Cash
  /** What the gateway keeps of it, where it says so. */
  fee: Cash | null
  /** Who was paid, as told: compared with the gateway's `payee`. */
  payee: string
  paidAt: Temporal.Instant
}

/** How an order stands at its gateway. `unknown`: it has never heard of it (Alipay, before the code is scanned). */
export type GatewayState =
  | { state: 'unknown' | 'awaiting' | 'closed' }
  /** PayPal: the payer agreed, and the money is to be captured. */
  | { state: 'approved' }
  | { state: 'paid'; payments: readonly Payment[] }

export type RefundOrder = {
  /** Ours; a retry must carry the same, or the money is sent twice. */
  refundId: string
  orderId: string
  paymentId: string
  /** Part of the payment or all of it, in its own currency. */
  cash: Cash
  /** The whole payment. */
  paid: Cash
  reason: string
}

/** How a refund stands. `abnormal`: the payer's account can't take it, and staff must find another way. */
export type GatewayRefund = {
  refundId: string
  /** The gateway's own number. */
  reference: string | null
  state: 'unknown' | 'underway' | 'done' | 'failed' | 'abnormal'
  /** Null where it does not say: Alipay's notices tell only what was refunded of the payment in all. */
  cash: Cash | null
  at: Temporal.Instant | null
}

/** A request as it came to our notice address: the raw body, since signatures are over its bytes. */
export type RawNotice = {
  method: string
  path: string
  /** Names in lower case. */
  headers: Readonly<Record<string, string | undefined>>
  body: Buffer
}

/** A gateway's message whose signature was verified. */
export type Notice = {
  /** The gateway's own number of the message: the same one again is the same. */
  noticeId: string
  at: Temporal.Instant
  about:
    | { kind: 'payment'; payment: Payment }
    | { kind: 'approval'; orderId: string }
    | { kind: 'refund'; refund: GatewayRefund }
    /** What is kept and has no effect, such as an order that was closed. */
    | { kind: 'other'; what: string }
}

/** How a gateway wants to be answered, word for word. */
export type NoticeAnswer = { status: number; contentType: string; body: string }

/** One row of a day's statement. */
export type StatementRow =
  | { kind: 'payment'; payment: Payment }
  | { kind: 'refund'; refund: GatewayRefund; orderId: string }

/**
 * One gateway. All of it reaches the network and so is never called inside a transaction. Every call may be tried again with the same
 * ids. @throws Unavailable when the gateway can't be reached, answers badly or its answer is not signed by it: trying again may help;
 * GatewayRefused when it says no for good.
 */
export type Gateway = {
  channel: Channel
  /** Who must have been paid: app and seller, as `Payment.payee` says it. */
  payee: string
  /** What it charges in: CNY, or PayPal's other currency. */
  currency: string
  /** Asks for a payment. The same order again answers an offer for the same. */
  open(order: GatewayOrder): Promise<Offer>
  /** How an order stands; `reference` is the offer's. */
  query(order: GatewayOrder, reference: string | null): Promise<GatewayState>
  /** Takes the money that the payer agreed to, and answers as `query`. Where there is nothing to capture: as `query` alone. */
  capture(order: GatewayOrder, reference: string | null): Promise<GatewayState>
  /**
   * Closes an order so that nobody can pay it any more. It may turn out paid meanwhile, or `approved`, which takes nothing unless it is
   * captured. `unknown` at Alipay: a code that was not scanned yet can't be closed, and ends at `expiresAt`.
   */
  close(order: GatewayOrder, reference: string | null): Promise<GatewayState>
  refund(refund: RefundOrder): Promise<GatewayRefund>
  queryRefund(refund: RefundOrder): Promise<GatewayRefund>
  /**
   * Verifies a notice.
   * @throws Refusal bad_signature for one that is not the gateway's, is stale or cannot be read; Unavailable where its key can't be had now.
   */
  readNotice(raw: RawNotice): Promise<Notice>
  /** What to answer when a notice was kept, and when it was not. */
  thanks: NoticeAnswer
  sorry: NoticeAnswer
  /** All that moved on a day of the gateway's calendar. @throws Unavailable where that day's is not out yet. */
  statement(day: Temporal.PlainDate): Promise<readonly StatementRow[]>
}

/** The gateway says no, and will say so again. `code` is its own word. */
export class GatewayRefused extends Error {
  readonly code: string
  constructor(channel: Channel, code: string, detail: string) {
    super(`${channel} refused: ${code} ${detail}`)
    this.name = 'GatewayRefused'
    this.code = code
  }
}
