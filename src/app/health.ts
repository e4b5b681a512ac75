import { secondsOf, type Tx } from '../base/index.ts'
import { isSilent, readBeating, type Beating } from './beat.ts'

/** What waits to be done, and since when the oldest of it does. */
export type Queue = { waiting: number; since: Temporal.Instant | null }
export type QueueName = keyof typeof PATIENCE

/** How the books and what works on them stand at an instant: what /metrics and GET /v1/health show. */
export type Health = {
  asOf: Temporal.Instant
  /** Seconds by which the furthest behind is late; nothing is owed: 0. */
  deductionLag: number
  attributionLag: number
  walletsRunning: number
  walletsInArrears: number
  /** Deducted and on no bill yet. */
  unattributed: { currency: string; grains: bigint }[]
  queues: Record<QueueName, Queue>
  /** Usage events that wait, by why. */
  parked: { code: string; events: number }[]
  ordersOpen: number
  exportsRunning: number
  /** Refused or given up: of a month, and of the last day. */
  mailsFailed: number
  mailsFailedToday: number
  workers: Beating[]
  database: { version: string; bytes: number; connections: number; mostConnections: number }
}

/** What is wrong. `urgent`: money or trust is at stake now; the rest can wait for a working day. */
export type Trouble = { code: TroubleCode; urgent: boolean; count: number; since: Temporal.Instant | null }
export type TroubleCode =
  | QueueName
  | 'deduction'
  | 'attribution'
  | 'mails_failed'
  | 'no_mail_server'
  | 'no_worker'
  | 'silent_workers'

/** How long the oldest of a queue may wait, in seconds, before that is a trouble; and whether an urgent one. */
const PATIENCE = {
  happenings: { seconds: 60, urgent: true },
  notices: { seconds: 60, urgent: true },
  // Notices tell of nearly every payment; this finds the rest.
  looks: { seconds: 120, urgent: false },
  mails: { seconds: 600, urgent: false },
  exports: { seconds: 300, urgent: false },
  // Platforms name projects a moment after their jobs; what waits an hour names what is not there.
  parked: { seconds: 3600, urgent: false },
  // For people: each is somebody's money.
  disputes: { seconds: 0, urgent: false },
} as const
/** A boundary is done within seconds; at the second one that was missed somebody should look. */
const MOST_DEDUCTION_LAG = 600
/** Laid out at every full hour. */
const MOST_ATTRIBUTION_LAG = 3600 + 600

// One walk over the wallets: 100,000 of them take 30 ms; Prometheus asks every 15 to 60 s.
const WALLETS = {
  name: 'health-wallets',
  text: `select min(settled_at) filter (where rate <> 0 or accrued <> 0 or late <> 0) as "oldestSettled",
      count(*) filter (where rate <> 0) as running, count(*) filter (where arrears > 0) as "inArrears"
    from wallet`,
}
// What is deducted and not laid over lots yet: what lots still hold, less arrears and balances. A wallet that stood still was attributed long
// ago and owes a bill nothing, so its age counts only where there is such money.
const UNATTRIBUTED = {
  name: 'health-unattributed',
  text: `select currency, sum(open) as grains, min(attributed_at) filter (where open <> 0) as "oldest" from (
      select w.currency, w.attributed_at, coalesce(l.remaining, 0) - w.arrears - w.balance as open
      from wallet w left join (select bucket, account_id, sum(remaining) as remaining from lot where remaining > 0 group by 1, 2) l
        on l.bucket = w.bucket and l.account_id = w.account_id) w
    group by currency order by currency`,
}
const QUEUES = {
  name: 'health-queues',
  text: `select 'happenings' as name, count(*) as waiting, min(at) as since from happening where reacted_at is null
    union all select 'notices', count(*), min(received_at) from gateway_notice where due_at is not null
    union all select 'looks', count(*), min(due_at) from topup_order where due_at <= $1
    union all select 'mails', count(*), min(created_at) from mail where state = 'waiting'
    union all select 'exports', count(*), min(created_at) from bill_export where state = 'queued'
    union all select 'parked', count(*), min(parked_at) from parked_event
    union all select 'disputes', count(*), min(opened_at) from dispute where state = 'open'`,
}
const PARKED = {
  name: 'health-parked',
  text: 'select code, count(*) as events from parked_event group by code order by events desc, code',
}
const COUNTS = {
  name: 'health-counts',
  text: `select (select count(*) from topup_order where state in ('opening', 'awaiting')) as orders,
      (select count(*) from bill_export where state = 'running') as exports,
      (select count(*) from mail where state = 'failed') as failed,
      (select count(*) from mail where state = 'failed' and done_at > $1) as today`,
}
const DATABASE = {
  name: 'health-database',
  text: `select split_part(current_setting('server_version'), ' ', 1) as version, pg_database_size(current_database()) as bytes,
      (select count(*) from pg_stat_activity where datname = current_database()) as connections,
      current_setting('max_connections')::int as most`,
}

/** Reads it all in one picture. */
export async function readHealth(tx: Tx): Promise<Health> {
  const [[wallets], unattributed, queues, parked, [counts], workers, [database]] = await Promise.all([
    tx.query(WALLETS),
    tx.query<{ currency: string; grains: string; oldest: Temporal.Instant | null }>(UNATTRIBUTED),
    tx.query<{ name: QueueName; waiting: bigint; since: Temporal.Instant | null }>(QUEUES, [tx.now]),
    tx.query(PARKED),
    tx.query(COUNTS, [tx.now.subtract({ hours: 24 })]),
    readBeating(tx),
    tx.query(DATABASE),
  ])
  const lag = (at: Temporal.Instant | null) => (at ? Math.max(0, secondsOf(tx.now) - secondsOf(at)) : 0)
  return {
    asOf: tx.now,
    deductionLag: lag(wallets!.oldestSettled),
    attributionLag: Math.max(0, ...unattributed.map(({ oldest }) => lag(oldest))),
    walletsRunning: Number(wallets!.running),
    walletsInArrears: Number(wallets!.inArrears),
    unattributed: unattributed.map(({ currency, grains }) => ({ currency, grains: BigInt(grains) })),
    queues: Object.fromEntries(
      queues.map(({ name, waiting, since }) => [name, { waiting: Number(waiting), since }]),
    ) as Health['queues'],
    parked: parked.map(({ code, events }) => ({ code, events: Number(events) })),
    ordersOpen: Number(counts!.orders),
    exportsRunning: Number(counts!.exports),
    mailsFailed: Number(counts!.failed),
    mailsFailedToday: Number(counts!.today),
    workers,
    database: {
      version: database!.version,
      bytes: Number(database!.bytes),
      connections: Number(database!.connections),
      mostConnections: database!.most,
    },
  }
}

/** What of it somebody should put right, the urgent first. Without a mail server mail is not late: nobody sends it. */
export function findTroubles(health: Health, { sendsMail }: { sendsMail: boolean }): Trouble[] {
  const { asOf, deductionLag, attributionLag, queues, workers } = health
  const ago = (seconds: number) => asOf.subtract({ seconds })
  const silent = workers.filter((each) => isSilent(each, asOf))
  const found: Trouble[] = []
  const add = (code: TroubleCode, urgent: boolean, count: number, since: Temporal.Instant | null) =>
    found.push({ code, urgent, count, since })
  if (deductionLag > MOST_DEDUCTION_LAG) add('deduction', true, health.walletsRunning, ago(deductionLag))
  if (attributionLag > MOST_ATTRIBUTION_LAG) add('attribution', true, 1, ago(attributionLag))
  if (workers.length === silent.length) add('no_worker', true, 0, silent.at(-1)?.beatAt ?? null)
  else if (silent.length > 0) add('silent_workers', false, silent.length, silent[0]!.beatAt)
  for (const [code, { seconds, urgent }] of Object.entries(PATIENCE) as [QueueName, (typeof PATIENCE)[QueueName]][]) {
    const { waiting, since } = queues[code]
    const isLate = since !== null && secondsOf(asOf) - secondsOf(since) >= seconds
    if (isLate && (code !== 'mails' || sendsMail)) add(code, urgent, waiting, since)
  }
  if (!sendsMail && queues.mails.waiting > 0) add('no_mail_server', false, queues.mails.waiting, queues.mails.since)
  if (health.mailsFailedToday > 0) add('mails_failed', false, health.mailsFailedToday, null)
  return found.sort((a, b) => Number(b.urgent) - Number(a.urgent))
}
