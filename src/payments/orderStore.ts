import type { Row, Tx, Value } from '../base/index.ts'
import { among, type WalletKey } from '../wallet/index.ts'
import type { Channel } from './gateway.ts'
import type { OrderState, TopUpOrder } from './order.ts'

const COLUMNS = `bucket, account_id as "accountId", order_id as "orderId", key_id as "keyId", channel, state, currency, amount,
  charged_currency as "chargedCurrency", charged, exchange, qr, approve_url as "approveUrl", reference, credited,
  arrears_paid as "arrearsPaid", refusal, created_at as "createdAt", expires_at as "expiresAt", cancelled_at as "cancelledAt",
  paid_at as "paidAt", due_at as "dueAt"`

type Stored = Row & Omit<TopUpOrder, 'charged'> & { chargedCurrency: string; charged: bigint }
export type OrderKey = WalletKey & { orderId: string }

/** False where there is one already. */
export async function insertOrder(tx: Tx, order: TopUpOrder): Promise<boolean> {
  const written = await tx.execute(
    {
      name: 'insert-order',
      text: `insert into topup_order (bucket, account_id, order_id, key_id, channel, state, currency, amount, charged_currency, charged, exchange,
          created_at, expires_at, due_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) on conflict (bucket, account_id, order_id) do nothing`,
    },
    [
      order.bucket,
      order.accountId,
      order.orderId,
      order.keyId,
      order.channel,
      order.state,
      order.currency,
      order.amount,
      order.charged.currency,
      order.charged.minor,
      order.exchange && JSON.stringify(order.exchange),
      order.createdAt,
      order.expiresAt,
      order.dueAt,
    ],
  )
  return written > 0
}

/** How many of an account wait to be paid. */
export async function countOpen(tx: Tx, { bucket, accountId }: WalletKey): Promise<number> {
  const [row] = await tx.query<{ count: bigint }>(
    {
      name: 'count-open-orders',
      text: `select count(*) as count from topup_order where bucket = $1 and account_id = $2 and state in ('opening', 'awaiting')`,
    },
    [bucket, accountId],
  )
  return Number(row!.count)
}

/** One order by its id alone, which is all that a gateway names. */
export async function readOrder(tx: Tx, orderId: string): Promise<TopUpOrder | undefined> {
  const [order] = await readOrders(tx, [orderId])
  return order
}

export async function readOrders(tx: Tx, orderIds: readonly string[]): Promise<TopUpOrder[]> {
  const rows = await tx.query<Stored>(
    { name: 'read-orders', text: `select ${COLUMNS} from topup_order where order_id = any($1::text[])` },
    [orderIds],
  )
  return rows.map(restore)
}

/** Orders by their whole keys; those that are not there are left out. */
export async function readOrdersAt(tx: Tx, keys: readonly OrderKey[]): Promise<TopUpOrder[]> {
  const rows = await tx.query<Stored>(
    {
      name: 'read-orders-at',
      text: `select ${COLUMNS} from topup_order
        where (bucket, account_id, order_id) in (select * from unnest($1::int[], $2::text[], $3::text[]))`,
    },
    [...among(keys), keys.map(({ orderId }) => orderId)],
  )
  return rows.map(restore)
}

/** Newest first, after a position; of one account or of all. */
export async function listOrderRows(
  tx: Tx,
  account: WalletKey | null,
  before: { at: Temporal.Instant; id: string } | null,
  limit: number,
): Promise<TopUpOrder[]> {
  const whose = account ? 'bucket = $4 and account_id = $5' : 'true'
  const rows = await tx.query<Stored>(
    {
      text: `select ${COLUMNS} from topup_order
        where ${whose} and ($1::timestamptz is null or (created_at, order_id) < ($1, $2::text))
        order by created_at desc, order_id desc limit $3`,
    },
    [before?.at ?? null, before?.id ?? null, limit, ...(account ? [account.bucket, account.accountId] : [])],
  )
  return rows.map(restore)
}

/** What is due by now at one gateway, longest first. */
export async function readDueOrders(tx: Tx, channel: Channel, limit: number): Promise<TopUpOrder[]> {
  const rows = await tx.query<Stored>(
    {
      name: 'due-orders',
      text: `select ${COLUMNS} from topup_order where channel = $3 and due_at <= $1 order by due_at limit $2`,
    },
    [tx.now, limit, channel],
  )
  return rows.map(restore)
}

/** Moves on when an order is due, if nobody did so since it was read. */
export async function moveDue(tx: Tx, order: TopUpOrder, dueAt: Temporal.Instant | null): Promise<boolean> {
  const written = await tx.execute(
    {
      name: 'move-due',
      text: `update topup_order set due_at = $5
        where bucket = $1 and account_id = $2 and order_id = $3 and state = $4 and due_at = $6`,
    },
    [order.bucket, order.accountId, order.orderId, order.state, dueAt, order.dueAt],
  )
  return written > 0
}

/** What of an order may change by itself; what is left out stays. */
export type Change = Partial<
  Pick<TopUpOrder, 'state' | 'qr' | 'approveUrl' | 'reference' | 'refusal' | 'cancelledAt' | 'dueAt'>
>

const CHANGED = {
  state: 'state',
  qr: 'qr',
  approveUrl: 'approve_url',
  reference: 'reference',
  refusal: 'refusal',
  cancelledAt: 'cancelled_at',
  dueAt: 'due_at',
} as const

/** Changes an order that still is in one of some states; it as it stands then, or undefined where it is not. */
export async function updateOrder(
  tx: Tx,
  { bucket, accountId, orderId }: OrderKey,
  from: readonly OrderState[],
  { refusal, ...change }: Change,
): Promise<TopUpOrder | undefined> {
  const values: Value[] = [bucket, accountId, orderId, from]
  const given = { ...change, ...(refusal && { refusal: JSON.stringify(refusal) }) }
  const sets = Object.entries(given).map(
    ([name, value]) => `${CHANGED[name as keyof Change]} = $${values.push(value as Value)}`,
  )
  const [row] = await tx.query<Stored>(
    {
      text: `update topup_order set ${sets.join(', ')}
        where bucket = $1 and account_id = $2 and order_id = $3 and state = any($4::text[]) returning ${COLUMNS}`,
    },
    values,
  )
  return row && restore(row)
}

/** Orders that payments were credited for, each once: how much of each, and when the first of them was paid. */
export async function addCredited(
  tx: Tx,
  credited: readonly (OrderKey & { amount: bigint; arrearsPaid: bigint; paidAt: Temporal.Instant })[],
): Promise<void> {
  if (credited.length === 0) return
  await tx.query(
    {
      name: 'add-credited',
      text: `update topup_order o set state = 'paid', credited = o.credited + c.amount, arrears_paid = o.arrears_paid + c.arrears_paid,
          paid_at = coalesce(o.paid_at, c.paid_at), due_at = null
        from unnest($1::int[], $2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::timestamptz[])
          as c(bucket, account_id, order_id, amount, arrears_paid, paid_at)
        where o.bucket = c.bucket and o.account_id = c.account_id and o.order_id = c.order_id`,
    },
    [
      ...among(credited),
      credited.map(({ orderId }) => orderId),
      credited.map(({ amount }) => amount),
      credited.map(({ arrearsPaid }) => arrearsPaid),
      credited.map(({ paidAt }) => paidAt),
    ],
  )
}

/** Orders for which something came that does not fit; one that is paid stays so. */
export async function markDisputed(tx: Tx, orders: readonly OrderKey[]): Promise<void> {
  if (orders.length === 0) return
  await tx.query(
    {
      name: 'mark-disputed',
      text: `update topup_order set state = 'disputed', due_at = null
        where (bucket, account_id, order_id) in (select * from unnest($1::int[], $2::text[], $3::text[])) and state <> 'paid'`,
    },
    [...among(orders), orders.map(({ orderId }) => orderId)],
  )
}

/** Accounts of some orders, for whoever locks their wallets next. */
export async function findOrderKeys(tx: Tx, orderIds: readonly string[]): Promise<OrderKey[]> {
  return tx.query<OrderKey>(
    {
      name: 'find-order-keys',
      text: `select bucket, account_id as "accountId", order_id as "orderId" from topup_order where order_id = any($1::text[])`,
    },
    [orderIds],
  )
}

function restore({ chargedCurrency, charged, ...row }: Stored): TopUpOrder {
  return { ...row, charged: { currency: chargedCurrency, minor: charged } } as TopUpOrder
}
