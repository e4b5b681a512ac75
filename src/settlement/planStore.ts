import type { Tx } from '../base/index.ts'
import { among, type Lot } from '../wallet/index.ts'
import { addMonths, type LineRow } from './monthStore.ts'
import type { NewLot, Plan } from './plan.ts'

/** Writes plans: journal, draws, lots, lines, roll-ups and wallets, each table by one statement a kind of write, none of them waited for. */
export function writePlans(tx: Tx, plans: readonly Plan[]): void {
  insertPostings(tx, plans)
  insertDraws(tx, plans)
  updateLots(tx, plans)
  insertLots(
    tx,
    plans.flatMap(({ opened }) => opened),
  )
  writeLines(tx, plans)
  updateWallets(tx, plans)
}

function updateWallets(tx: Tx, plans: readonly Plan[]): void {
  tx.send(
    {
      name: 'update-attributed',
      text: `update wallet w set balance = w.balance + c.balance, arrears = w.arrears + c.arrears, last_seq = c.last_seq,
          attributed_at = c.attributed_at, seen_at = greatest(w.seen_at, $7)
        from unnest($1::int[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::timestamptz[])
          as c(bucket, account_id, balance, arrears, last_seq, attributed_at)
        where w.bucket = c.bucket and w.account_id = c.account_id`,
    },
    [
      plans.map((p) => p.wallet.bucket),
      plans.map((p) => p.wallet.accountId),
      plans.map((p) => p.balance),
      plans.map((p) => p.arrears),
      plans.map((p) => p.lastSeq),
      plans.map((p) => p.attributedAt),
      tx.now,
    ],
  )
}

function insertPostings(tx: Tx, plans: readonly Plan[]): void {
  const rows = plans.flatMap(({ wallet, postings }) => postings.map((posting) => ({ ...posting, wallet })))
  if (rows.length === 0) return
  tx.send(
    {
      name: 'insert-postings',
      text: `insert into posting (bucket, account_id, seq, source, source_id, debit, credit, amount, used_from, used_to, at, recorded_at)
        select bucket, account_id, seq, source, source_id, debit, credit, amount, used_from, used_to, used_to, $11
        from unnest($1::int[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bigint[], $9::timestamptz[],
          $10::timestamptz[]) as p(bucket, account_id, seq, source, source_id, debit, credit, amount, used_from, used_to)`,
    },
    [
      rows.map((r) => r.wallet.bucket),
      rows.map((r) => r.wallet.accountId),
      rows.map((r) => r.seq),
      rows.map((r) => r.source),
      rows.map((r) => r.sourceId),
      rows.map((r) => r.debit),
      rows.map((r) => r.credit),
      rows.map((r) => r.amount),
      rows.map((r) => r.usedFrom),
      rows.map((r) => r.usedTo),
      tx.now,
    ],
  )
}

function insertDraws(tx: Tx, plans: readonly Plan[]): void {
  const rows = plans.flatMap(({ wallet, draws }) => draws.map((draw) => ({ ...draw, wallet })))
  if (rows.length === 0) return
  tx.send(
    {
      name: 'insert-draws',
      text: `insert into draw (bucket, account_id, seq, line_id, lot_id, amount, why, used_to, at)
        select *, $9::timestamptz from unnest($1::int[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::bigint[], $7::text[], $8::timestamptz[])`,
    },
    [
      rows.map((r) => r.wallet.bucket),
      rows.map((r) => r.wallet.accountId),
      rows.map((r) => r.seq),
      rows.map((r) => r.lineId),
      rows.map((r) => r.lotId),
      rows.map((r) => r.amount),
      rows.map((r) => r.why),
      rows.map((r) => r.usedTo),
      tx.now,
    ],
  )
}

function updateLots(tx: Tx, plans: readonly Plan[]): void {
  const lots: Lot[] = plans.flatMap((plan) => [...plan.touched])
  if (lots.length === 0) return
  tx.send(
    {
      name: 'update-lots',
      text: `update lot l set remaining = c.remaining, expired = c.expired, expired_at = c.expired_at
        from unnest($1::int[], $2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::timestamptz[])
          as c(bucket, account_id, lot_id, remaining, expired, expired_at)
        where l.bucket = c.bucket and l.account_id = c.account_id and l.lot_id = c.lot_id`,
    },
    [
      lots.map((l) => l.bucket),
      lots.map((l) => l.accountId),
      lots.map((l) => l.lotId),
      lots.map((l) => l.remaining),
      lots.map((l) => l.expired),
      lots.map((l) => l.expiredAt),
    ],
  )
}

function insertLots(tx: Tx, lots: readonly NewLot[]): void {
  if (lots.length === 0) return
  tx.send(
    {
      name: 'insert-lots',
      text: `insert into lot (bucket, account_id, lot_id, kind, priority, expires_at, payment_id, channel, note, amount, remaining, seq, created_at)
        select * from unnest($1::int[], $2::text[], $3::text[], $4::text[], $5::int[], $6::timestamptz[], $7::text[], $8::text[], $9::text[],
          $10::bigint[], $11::bigint[], $12::bigint[], $13::timestamptz[])`,
    },
    [
      ...among(lots.map(({ lot }) => lot)),
      lots.map(({ lot }) => lot.lotId),
      lots.map(({ lot }) => lot.kind),
      lots.map(({ lot }) => lot.priority),
      lots.map(({ lot }) => lot.expiresAt),
      lots.map(({ paymentId }) => paymentId),
      lots.map(({ channel }) => channel),
      lots.map(({ note }) => note ?? null),
      lots.map(({ lot }) => lot.amount),
      lots.map(({ lot }) => lot.remaining),
      lots.map(({ lot }) => lot.seq),
      lots.map(({ at }) => at),
    ],
  )
}

/**
 * Lines and their roll-ups. What only grows is inserted or added; what shrinks somewhere stands there already and is updated
 * (an INSERT of a negative part would break the table's check even where it ends as an update).
 */
function writeLines(tx: Tx, plans: readonly Plan[]): void {
  const lines: LineRow[] = plans.flatMap(({ wallet, lines }) =>
    [...lines].map(([lineId, line]) => ({ wallet, lineId, ...line })),
  )
  const days = new Map<string, LineRow>()
  for (const { wallet, key, paid } of lines) {
    const id = `${wallet.accountId}\0${key.day}\0${key.projectId}\0${key.kind}`
    const day = days.get(id)
    if (!day) days.set(id, { wallet, lineId: '', key, paid: { ...paid } })
    else for (const part of ['cash', 'granted', 'unpaid'] as const) day.paid[part] += paid[part]
  }
  const grows = ({ paid }: LineRow) => paid.cash >= 0n && paid.granted >= 0n && paid.unpaid >= 0n
  const write = (rows: readonly LineRow[], { add, change, values }: typeof LINE | typeof DAY) => {
    const growing = rows.filter(grows)
    const shrinking = rows.filter((row) => !grows(row))
    if (growing.length > 0) tx.send(add, values(growing))
    if (shrinking.length > 0) tx.send(change, values(shrinking))
  }
  write(lines, LINE)
  write([...days.values()], DAY)
  addMonths(tx, plans, lines)
}

const PAID = (old: string, added: string) =>
  `amount = ${old}.amount + ${added}.cash + ${added}.granted + ${added}.unpaid, cash = ${old}.cash + ${added}.cash,
    granted = ${old}.granted + ${added}.granted, unpaid = ${old}.unpaid + ${added}.unpaid`
const LINE_ROWS = `unnest($1::int[], $2::text[], $3::date[], $4::text[], $5::text[], $6::bigint[], $7::bigint[], $8::bigint[], $9::text[],
  $10::text[], $11::text[]) as n(bucket, account_id, day, project_id, kind, cash, granted, unpaid, line_id, user_id, sku)`
const DAY_ROWS = `unnest($1::int[], $2::text[], $3::date[], $4::text[], $5::text[], $6::bigint[], $7::bigint[], $8::bigint[])
  as n(bucket, account_id, day, project_id, kind, cash, granted, unpaid)`

const LINE = {
  add: {
    name: 'add-lines',
    text: `insert into bill_line (bucket, account_id, line_id, day, project_id, user_id, kind, sku, amount, cash, granted, unpaid)
      select bucket, account_id, line_id, day, project_id, user_id, kind, sku, cash + granted + unpaid, cash, granted, unpaid from ${LINE_ROWS}
      on conflict (bucket, account_id, line_id) do update set ${PAID('bill_line', 'excluded')}`,
  },
  change: {
    name: 'change-lines',
    text: `update bill_line l set ${PAID('l', 'n')} from ${LINE_ROWS}
      where l.bucket = n.bucket and l.account_id = n.account_id and l.line_id = n.line_id`,
  },
  values: (rows: readonly LineRow[]) => [
    ...dayValues(rows),
    rows.map((r) => r.lineId),
    rows.map((r) => r.key.userId),
    rows.map((r) => r.key.sku),
  ],
}
const DAY = {
  add: {
    name: 'add-days',
    text: `insert into bill_day (bucket, account_id, day, project_id, kind, amount, cash, granted, unpaid)
      select bucket, account_id, day, project_id, kind, cash + granted + unpaid, cash, granted, unpaid from ${DAY_ROWS}
      on conflict (bucket, account_id, day, project_id, kind) do update set ${PAID('bill_day', 'excluded')}`,
  },
  change: {
    name: 'change-days',
    text: `update bill_day l set ${PAID('l', 'n')} from ${DAY_ROWS}
      where l.bucket = n.bucket and l.account_id = n.account_id and l.day = n.day and l.project_id = n.project_id and l.kind = n.kind`,
  },
  values: dayValues,
}

function dayValues(rows: readonly LineRow[]) {
  return [
    rows.map((r) => r.wallet.bucket),
    rows.map((r) => r.wallet.accountId),
    rows.map((r) => r.key.day),
    rows.map((r) => r.key.projectId),
    rows.map((r) => r.key.kind),
    rows.map((r) => r.paid.cash),
    rows.map((r) => r.paid.granted),
    rows.map((r) => r.paid.unpaid),
  ]
}
