import { alipay } from './alipay/notices.ts'
import { paypal } from './paypal/events.ts'
import type { Stand } from './stand.ts'
import type { Channel, Notice, Payment, Refund, Trade } from './store.ts'
import { wechat } from './wechat/notices.ts'

/** How one notice is sent wrongly; empty: as it should be. */
export type Manner = { copies?: number; forged?: boolean; probed?: boolean; staleSeconds?: number; held?: boolean }

/** A gateway's message, before it is signed. Null where it says nothing of this. */
export type Draft = { noticeId: string; url: string; kind: string; content: string } | null

/** A request as it goes out. */
export type Parcel = { headers: Record<string, string>; body: string }

/** What the three do differently, apart from what they are asked and how they answer. */
export type Vendor = {
  /** Seconds between one send and the next, until it is answered. */
  intervals: readonly number[]
  /** How long an answer may take. */
  patienceMs: number
  /** A payment's number. */
  drawPaymentId(at: string): string
  /** What the gateway keeps of a payment. */
  feeOf(minor: bigint): bigint
  /** Who is paid: application and seller. */
  payee(stand: Stand): { app: string; seller: string }
  tellPayment(stand: Stand, trade: Trade, payment: Payment): Draft
  tellRefund(stand: Stand, trade: Trade, payment: Payment, refund: Refund): Draft
  /** Signs a notice for sending now. */
  dress(stand: Stand, notice: Notice, manner: Manner): Promise<Parcel>
  /** Whether the merchant's answer ends the sending. */
  isThanks(status: number, body: string): boolean
}

export const VENDORS: Record<Channel, Vendor> = { alipay, wechat, paypal }
