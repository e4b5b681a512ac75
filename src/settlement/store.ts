import { startOfDay, type Tx } from '../base/index.ts'
import { AMONG, among, within, WITHIN, type Wallet, type WalletKey, type WalletRange } from '../wallet/index.ts'
import { lineIdOf, type LineKey, type NetDraw, type UnpaidLine } from './plan.ts'

const KEY = `project_id as "projectId", user_id as "userId", kind, sku`
// Whole seconds of a span within a stretch, times its rate: what the integral of use is made of.
const OVERLAP = (from: string, to: string) =>
  `s.rate * extract(epoch from least(s.ended_at, ${to}) - greatest(s.started_at, ${from}))::bigint`

/** A stretch of one account's time, within one local day. */
export type Piece = {
  plan: number
  bucket: number
  accountId: string
  from: Temporal.Instant
  to: Temporal.Instant
  day: Temporal.PlainDate
}
/** Use of one key within a piece, in grains. */
export type Use = { piece: number; projectId: string; userId: string; kind: string; sku: string; amount: bigint }

export async function readUse(tx: Tx, pieces: readonly Piece[]): Promise<Use[]> {
  if (pieces.length === 0) return []
  const rows = await tx.query<Use & { piece: bigint }>(
    {
      name: 'read-use',
      text: `select p.n - 1 as piece, s.project_id as "projectId", s.user_id as "userId", s.kind, s.sku, sum(${OVERLAP('p.lo', 'p.hi')})::bigint as amount
        from unnest($1::int[], $2::text[], $3::timestamptz[], $4::timestamptz[]) with ordinality as p(bucket, account_id, lo, hi, n)
        join usage_span s on s.bucket = p.bucket and s.account_id = p.account_id and s.ended_at > p.lo and s.started_at < p.hi
        where s.rate > 0
        group by p.n, s.project_id, s.user_id, s.kind, s.sku`,
    },
    [pieces.map((p) => p.bucket), pieces.map((p) => p.accountId), pieces.map((p) => p.from), pieces.map((p) => p.to)],
  )
  return rows.map((row) => ({ ...row, piece: Number(row.piece) }))
}

/** A marked day and key whose draws do not equal its use any more, by how much. */
export type Correction = WalletKey & { lineId: string; key: LineKey; difference: bigint }

export type Mark = WalletKey & LineKey

export function readMarks(tx: Tx, wallets: readonly WalletKey[]): Promise<Mark[]> {
  return tx.query<Mark>(
    {
      name: 'read-marks',
      text: `select bucket, account_id as "accountId", day, ${KEY} from attribution_mark where ${AMONG}`,
    },
    among(wallets),
  )
}

/** Reckons the marked days and keys of locked wallets again: use through attributed_at, and charges, less what the line has. */
export async function readCorrections(
  tx: Tx,
  wallets: readonly Wallet[],
  marks: readonly Mark[],
): Promise<Correction[]> {
  if (marks.length === 0) return []
  const attributedAt = new Map(wallets.map((wallet) => [wallet.accountId, wallet.attributedAt]))
  const lineIds = marks.map((mark) => lineIdOf(mark.accountId, mark))
  const rows = await tx.query<{ difference: bigint }>(
    {
      name: 'read-corrections',
      text: `select (coalesce((select sum(${OVERLAP('m.lo', 'least(m.hi, m.attributed)')}) from usage_span s
            where s.bucket = m.bucket and s.account_id = m.account_id and s.ended_at > m.lo and s.started_at < least(m.hi, m.attributed)
              and s.project_id = m.project_id and s.user_id = m.user_id and s.kind = m.kind and s.sku = m.sku), 0)
          + coalesce((select sum(c.amount) from charge c where c.bucket = m.bucket and c.account_id = m.account_id and c.day = m.day
              and c.project_id = m.project_id and c.user_id = m.user_id and c.kind = m.kind and c.sku = m.sku), 0)
          - coalesce((select l.amount from bill_line l where l.bucket = m.bucket and l.account_id = m.account_id and l.line_id = m.line_id), 0)
          )::bigint as difference
        from unnest($1::int[], $2::text[], $3::text[], $4::date[], $5::text[], $6::text[], $7::text[], $8::text[],
          $9::timestamptz[], $10::timestamptz[], $11::timestamptz[]) with ordinality
          as m(bucket, account_id, line_id, day, project_id, user_id, kind, sku, lo, hi, attributed, n) order by n`,
    },
    [
      marks.map((m) => m.bucket),
      marks.map((m) => m.accountId),
      lineIds,
      marks.map((m) => m.day),
      marks.map((m) => m.projectId),
      marks.map((m) => m.userId),
      marks.map((m) => m.kind),
      marks.map((m) => m.sku),
      marks.map((m) => startOfDay(m.day, tx.timeZone)),
      marks.map((m) => startOfDay(m.day.add({ days: 1 }), tx.timeZone)),
      marks.map((m) => attributedAt.get(m.accountId)!),
    ],
  )
  return marks.map(({ accountId, bucket, ...key }, i) => ({
    bucket,
    accountId,
    lineId: lineIds[i]!,
    key,
    difference: rows[i]!.difference,
  }))
}

/** What each line drew so far, by lot (null: from none). */
export function readNetDraws(
  tx: Tx,
  lines: readonly (WalletKey & { lineId: string })[],
): Promise<(NetDraw & { lineId: string })[]> {
  if (lines.length === 0) return Promise.resolve([])
  return tx.query(
    {
      name: 'read-net-draws',
      text: `select line_id as "lineId", lot_id as "lotId", sum(amount)::bigint as amount, max(seq) as "lastSeq" from draw
        where (bucket, account_id, line_id) in (select * from unnest($1::int[], $2::text[], $3::text[]))
        group by line_id, lot_id having sum(amount) > 0`,
    },
    [...among(lines), lines.map((line) => line.lineId)],
  )
}

export async function readUnpaidLines(
  tx: Tx,
  wallets: readonly WalletKey[],
): Promise<(UnpaidLine & { accountId: string })[]> {
  if (wallets.length === 0) return []
  const rows = await tx.query<LineKey & { accountId: string; lineId: string; unpaid: bigint }>(
    {
      name: 'read-unpaid-lines',
      text: `select account_id as "accountId", line_id as "lineId", day, ${KEY}, unpaid from bill_line where ${AMONG} and unpaid > 0`,
    },
    among(wallets),
  )
  return rows.map(({ accountId, lineId, unpaid, ...key }) => ({ accountId, lineId, key, amount: unpaid }))
}

/** Locks the first wallets of a range with deducted use or marks that are not attributed through an hour. */
export async function lockUnattributed(
  tx: Tx,
  range: WalletRange,
  through: Temporal.Instant,
  limit: number,
): Promise<{ keys: WalletKey[] }> {
  const keys = await tx.query<WalletKey>(
    {
      name: 'lock-unattributed',
      text: `select bucket, account_id as "accountId" from wallet w
        where ${WITHIN}
          and ((attributed_at < $5 and settled_at > attributed_at) or exists (select from attribution_mark m
            where m.bucket = w.bucket and m.account_id = w.account_id))
        order by bucket, account_id limit $6 for update`,
    },
    [...within(range), through, limit],
  )
  return { keys }
}

/** Accounts with a grant whose time is over and that is not written off yet, in their order after one. */
export async function findExpired(tx: Tx, after: string, limit: number): Promise<string[]> {
  const rows = await tx.query<{ accountId: string }>(
    {
      name: 'find-expired',
      text: `select distinct account_id as "accountId" from lot
        where expires_at is not null and expired_at is null and expires_at <= $1 and account_id > $2 order by 1 limit $3`,
    },
    [tx.now, after, limit],
  )
  return rows.map(({ accountId }) => accountId)
}

export async function removeMarks(tx: Tx, corrections: readonly WalletKey[]): Promise<void> {
  await tx.query({ name: 'remove-marks', text: `delete from attribution_mark where ${AMONG}` }, among(corrections))
}

export type StoredLot = {
  lotId: string
  kind: 'cash' | 'grant'
  amount: bigint
  channel: string
  priority: number
  expiresAt: Temporal.Instant | null
}

/** The lots of some payments, each of which may have none, in the order asked for. */
export async function findLotsByPayment(
  tx: Tx,
  payments: readonly (WalletKey & { paymentId: string })[],
): Promise<(StoredLot | undefined)[]> {
  const rows = await tx.query<StoredLot & { n: number }>(
    {
      name: 'find-lots-by-payment',
      text: `select p.n::int as n, l.lot_id as "lotId", l.kind, l.amount, l.channel, l.priority, l.expires_at as "expiresAt"
        from unnest($1::int[], $2::text[], $3::text[]) with ordinality as p(bucket, account_id, payment_id, n)
        join lot l on l.bucket = p.bucket and l.account_id = p.account_id and l.payment_id = p.payment_id`,
    },
    [...among(payments), payments.map(({ paymentId }) => paymentId)],
  )
  const found = payments.map((): StoredLot | undefined => undefined)
  for (const { n, ...lot } of rows) found[n - 1] = lot
  return found
}

export type StoredCharge = { projectId: string; userId: string; kind: string; sku: string; amount: bigint }

export async function findCharge(tx: Tx, key: WalletKey, chargeId: string): Promise<StoredCharge | undefined> {
  const [stored] = await tx.query<StoredCharge>(
    {
      name: 'find-charge',
      text: `select ${KEY}, amount from charge where bucket = $1 and account_id = $2 and charge_id = $3`,
    },
    [key.bucket, key.accountId, chargeId],
  )
  return stored
}

export async function insertCharge(
  tx: Tx,
  key: WalletKey,
  input: StoredCharge & { chargeId: string; note?: string },
  day: Temporal.PlainDate,
  seq: bigint,
  at: Temporal.Instant,
): Promise<void> {
  await tx.query(
    {
      name: 'insert-charge',
      text: `insert into charge (bucket, account_id, charge_id, project_id, user_id, kind, sku, day, amount, note, seq, at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
    },
    [
      key.bucket,
      key.accountId,
      input.chargeId,
      input.projectId,
      input.userId,
      input.kind,
      input.sku,
      day,
      input.amount,
      input.note ?? null,
      seq,
      at,
    ],
  )
}
