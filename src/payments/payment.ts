import { bucketOf, type Happening, type Tx } from '../base/index.ts'
import type { Cash, Channel } from './gateway.ts'
import type { Flag } from './judge.ts'
import { listPaymentRows } from './paymentStore.ts'

/** Money that came by a gateway and was credited. Amounts in grains, but what was paid and the fee in the payer's currency. */
export type StoredPayment = {
  bucket: number
  accountId: string
  channel: Channel
  /** The gateway's own number. */
  paymentId: string
  /** As the gateway tells it; one of the account's own unless staff settled it. */
  orderId: string
  paid: Cash
  fee: Cash | null
  payee: string
  currency: string
  amount: bigint
  arrearsPaid: bigint
  lotId: string
  flag: Flag | null
  foundBy: 'notice' | 'look' | 'staff'
  paidAt: Temporal.Instant
  creditedAt: Temporal.Instant
}

/** The name of a payment among all: that of a payment's lot. */
export function nameOfPayment({ channel, paymentId }: Pick<StoredPayment, 'channel' | 'paymentId'>): string {
  return `${channel}:${paymentId}`
}

/** What whoever belongs to the account is told. */
export function paidHappening(payment: StoredPayment): Happening {
  const { accountId, channel, orderId, currency, amount, arrearsPaid, flag } = payment
  return {
    accountId,
    topic: 'topup.paid',
    about: nameOfPayment(payment),
    data: { order_id: orderId, channel, currency, amount: `${amount}`, arrears_paid: `${arrearsPaid}`, flag },
  }
}

export type PaymentFilter = { accountId: string | null; orderId: string | null; flagged: boolean }

/** Newest first, after a position. */
export function listPayments(
  tx: Tx,
  filter: PaymentFilter,
  before: { at: Temporal.Instant; id: string } | null,
  limit: number,
): Promise<StoredPayment[]> {
  return listPaymentRows(
    tx,
    { ...filter, bucket: filter.accountId === null ? null : bucketOf(filter.accountId) },
    before,
    limit,
  )
}
