import type { Row, Tx } from '../base/index.ts'
import { among } from '../wallet/index.ts'
import type { Channel } from './gateway.ts'
import type { PaymentFilter, StoredPayment } from './payment.ts'

const COLUMNS = `bucket, account_id as "accountId", channel, payment_id as "paymentId", order_id as "orderId", paid_currency as "paidCurrency",
  paid, fee, payee, currency, amount, arrears_paid as "arrearsPaid", lot_id as "lotId", flag, found_by as "foundBy", paid_at as "paidAt",
  credited_at as "creditedAt"`

type Stored = Row & Omit<StoredPayment, 'paid' | 'fee'> & { paidCurrency: string; paid: bigint; fee: bigint | null }

/** A payment's number within its gateway. */
export type PaymentNumber = { channel: Channel; paymentId: string }

export async function insertPayments(tx: Tx, payments: readonly StoredPayment[]): Promise<void> {
  if (payments.length === 0) return
  await tx.query(
    {
      name: 'insert-payments',
      text: `insert into payment (bucket, account_id, channel, payment_id, order_id, paid_currency, paid, fee, payee, currency, amount,
          arrears_paid, lot_id, flag, found_by, paid_at, credited_at)
        select * from unnest($1::int[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::bigint[], $9::text[],
          $10::text[], $11::bigint[], $12::bigint[], $13::text[], $14::text[], $15::text[], $16::timestamptz[], $17::timestamptz[])`,
    },
    [
      ...among(payments),
      payments.map((each) => each.channel),
      payments.map((each) => each.paymentId),
      payments.map((each) => each.orderId),
      payments.map((each) => each.paid.currency),
      payments.map((each) => each.paid.minor),
      payments.map((each) => each.fee?.minor ?? null),
      payments.map((each) => each.payee),
      payments.map((each) => each.currency),
      payments.map((each) => each.amount),
      payments.map((each) => each.arrearsPaid),
      payments.map((each) => each.lotId),
      payments.map((each) => each.flag),
      payments.map((each) => each.foundBy),
      payments.map((each) => each.paidAt),
      payments.map((each) => each.creditedAt),
    ],
  )
}

/** Which of some payments were credited, to whichever account, and for which order. */
export function findPayments(
  tx: Tx,
  numbers: readonly PaymentNumber[],
): Promise<(PaymentNumber & { orderId: string })[]> {
  return tx.query(
    {
      name: 'find-payments',
      text: `select channel, payment_id as "paymentId", order_id as "orderId" from payment
        where payment_id = any($2::text[]) and (channel, payment_id) in (select * from unnest($1::text[], $2::text[]))`,
    },
    [numbers.map(({ channel }) => channel), numbers.map(({ paymentId }) => paymentId)],
  )
}

export async function listPaymentRows(
  tx: Tx,
  { bucket, accountId, orderId, flagged }: PaymentFilter & { bucket: number | null },
  before: { at: Temporal.Instant; id: string } | null,
  limit: number,
): Promise<StoredPayment[]> {
  const whose = bucket === null ? '$4::int is null and $5::text is null' : 'bucket = $4 and account_id = $5'
  const rows = await tx.query<Stored>(
    {
      text: `select ${COLUMNS} from payment
        where ${whose} and ($6::text is null or order_id = $6) and (not $7 or flag is not null)
          and ($1::timestamptz is null or (credited_at, payment_id) < ($1, $2::text))
        order by credited_at desc, payment_id desc limit $3`,
    },
    [before?.at ?? null, before?.id ?? null, limit, bucket, accountId, orderId, flagged],
  )
  return rows.map(restore)
}

function restore({ paidCurrency, paid, fee, ...row }: Stored): StoredPayment {
  return {
    ...row,
    paid: { currency: paidCurrency, minor: paid },
    fee: fee === null ? null : { currency: paidCurrency, minor: fee },
  } as StoredPayment
}
