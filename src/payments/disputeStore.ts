import type { Row, Tx } from '../base/index.ts'
import type { Dispute, NewDispute } from './dispute.ts'
import type { PaymentNumber } from './paymentStore.ts'

const COLUMNS = `bucket, dispute_id as "disputeId", channel, kind, payment_id as "paymentId", reason, order_id as "orderId",
  account_id as "accountId", paid_currency as "paidCurrency", paid, fee, payee, paid_at as "paidAt", opened_at as "openedAt", state,
  settled_at as "settledAt", settled_by as "settledBy", note, credited_to as "creditedTo", currency, credited`

type Stored = Row &
  Omit<Dispute, 'paid' | 'fee'> & { paidCurrency: string | null; paid: bigint | null; fee: bigint | null }

/** Those that are there already stay as they are. */
export async function insertDisputes(
  tx: Tx,
  disputes: readonly (NewDispute & Pick<Dispute, 'disputeId' | 'openedAt'>)[],
): Promise<void> {
  await tx.query(
    {
      name: 'insert-disputes',
      text: `insert into dispute (bucket, channel, kind, payment_id, dispute_id, reason, order_id, account_id, paid_currency, paid, fee, payee,
          paid_at, opened_at)
        select * from unnest($1::int[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
          $10::bigint[], $11::bigint[], $12::text[], $13::timestamptz[], $14::timestamptz[])
        on conflict (bucket, channel, kind, payment_id) do nothing`,
    },
    [
      disputes.map((each) => each.bucket),
      disputes.map((each) => each.channel),
      disputes.map((each) => each.kind),
      disputes.map((each) => each.paymentId),
      disputes.map((each) => each.disputeId),
      disputes.map((each) => each.reason),
      disputes.map((each) => each.orderId),
      disputes.map((each) => each.accountId),
      disputes.map((each) => each.paid?.currency ?? null),
      disputes.map((each) => each.paid?.minor ?? null),
      disputes.map((each) => each.fee?.minor ?? null),
      disputes.map((each) => each.payee),
      disputes.map((each) => each.paidAt),
      disputes.map((each) => each.openedAt),
    ],
  )
}

/** Which of some disputes there are, by their ids. */
export async function findDisputes(tx: Tx, disputeIds: readonly string[]): Promise<PaymentNumber[]> {
  return tx.query<PaymentNumber>(
    {
      name: 'find-disputes',
      text: `select channel, payment_id as "paymentId" from dispute where dispute_id = any($1::text[])`,
    },
    [disputeIds],
  )
}

export async function readDispute(tx: Tx, disputeId: string): Promise<Dispute | undefined> {
  const [row] = await tx.query<Stored>({ text: `select ${COLUMNS} from dispute where dispute_id = $1` }, [disputeId])
  return row && restore(row)
}

export async function lockDispute(tx: Tx, disputeId: string): Promise<Dispute | undefined> {
  const text = `select ${COLUMNS} from dispute where dispute_id = $1 for update`
  const [row] = await tx.query<Stored>({ text }, [disputeId])
  return row && restore(row)
}

export type Settled = Pick<
  Dispute,
  'state' | 'settledAt' | 'settledBy' | 'note' | 'creditedTo' | 'currency' | 'credited'
>

export async function writeSettled(tx: Tx, dispute: Dispute, settled: Settled): Promise<void> {
  await tx.query(
    {
      text: `update dispute set state = $5, settled_at = $6, settled_by = $7, note = $8, credited_to = $9, currency = $10, credited = $11
        where bucket = $1 and channel = $2 and kind = $3 and payment_id = $4 and state = 'open'`,
    },
    [
      dispute.bucket,
      dispute.channel,
      dispute.kind,
      dispute.paymentId,
      settled.state,
      settled.settledAt,
      settled.settledBy,
      settled.note,
      settled.creditedTo,
      settled.currency,
      settled.credited,
    ],
  )
}

/** Newest first, after a position; in one state or in all. */
export async function listDisputes(
  tx: Tx,
  state: Dispute['state'] | null,
  before: { at: Temporal.Instant; id: string } | null,
  limit: number,
): Promise<Dispute[]> {
  const rows = await tx.query<Stored>(
    {
      text: `select ${COLUMNS} from dispute
        where ($4::text is null or state = $4) and ($1::timestamptz is null or (opened_at, dispute_id) < ($1, $2::text))
        order by opened_at desc, dispute_id desc limit $3`,
    },
    [before?.at ?? null, before?.id ?? null, limit, state],
  )
  return rows.map(restore)
}

function restore({ paidCurrency, paid, fee, ...row }: Stored): Dispute {
  const cash = (minor: bigint | null) =>
    paidCurrency === null || minor === null ? null : { currency: paidCurrency, minor }
  return { ...row, paid: cash(paid), fee: cash(fee) } as Dispute
}
