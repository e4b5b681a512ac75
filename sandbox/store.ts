import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import type { At } from './clock.ts'

export type Channel = 'alipay' | 'wechat' | 'paypal'

/** What a merchant asked to be paid. */
export type Trade = {
  /** The gateway's own: the code in Alipay's QR text, WeChat's prepay id, PayPal's order id. Also the cashier's address. */
  number: string
  channel: Channel
  /** The merchant's. */
  orderId: string
  /** The number of its payment, where it has one before it is paid (Alipay's trade_no, from the first look). */
  reference: string | null
  currency: string
  minor: bigint
  subject: string
  notifyUrl: string | null
  openedAt: At
  expiresAt: At
  /** Until when its code can be scanned, where that is sooner. */
  scannableUntil: At
  /** When a payer first looked at it; for Alipay there is no trade before. */
  seenAt: At | null
  /** PayPal: when the payer agreed. */
  approvedAt: At | null
  declinedAt: At | null
  closedAt: At | null
  /** What else the merchant sent and wants back, as JSON. */
  details: string
}

/** Money that a payer paid, as the gateway tells it: misbehaviour may make it differ from its trade. */
export type Payment = {
  paymentId: string
  channel: Channel
  number: string
  orderId: string
  currency: string
  minor: bigint
  fee: bigint
  app: string
  seller: string
  paidAt: At
}

export type Refund = {
  channel: Channel
  /** The merchant's; PayPal's request id. */
  refundId: string
  reference: string
  paymentId: string
  number: string
  minor: bigint
  state: 'processing' | 'success' | 'abnormal'
  reason: string
  notifyUrl: string | null
  askedAt: At
  /** When its fate is decided; null once it is. */
  dueAt: At | null
  doneAt: At | null
  /** What else the merchant sent and wants back, as JSON. */
  details: string
}

export type Notice = {
  noticeId: string
  channel: Channel
  number: string
  url: string
  /** What it tells, such as TRANSACTION.SUCCESS. */
  kind: string
  /** The gateway's message before it is signed (and, WeChat's, sealed). */
  content: string
  madeAt: At
  sends: bigint
  /** When it is sent next; null when it was answered, given up, held back or lost. */
  dueAt: At | null
  answeredAt: At | null
  /** How it is sent wrongly, as JSON of a `Manner`. */
  manner: string
}

export type Delivery = { seq: bigint; noticeId: string; at: At; status: bigint | null; answer: string }
/** What a PayPal request id made, so that the same again makes nothing more. */
export type Answered = { requestId: string; fingerprint: string; made: string; at: At }

const SCHEMA = `
  create table if not exists setting (name text primary key, value text not null) strict;
  create table if not exists trade (number text primary key, channel text not null, orderId text not null, reference text,
    currency text not null, minor integer not null, subject text not null, notifyUrl text, openedAt text not null, expiresAt text not null, scannableUntil text not null, seenAt text,
    approvedAt text, declinedAt text, closedAt text, details text not null) strict;
  create index if not exists trade_order on trade (channel, orderId);
  create index if not exists trade_reference on trade (reference) where reference is not null;
  create index if not exists trade_opened on trade (openedAt);
  create table if not exists payment (paymentId text primary key, channel text not null, number text not null, orderId text not null,
    currency text not null, minor integer not null, fee integer not null, app text not null, seller text not null,
    paidAt text not null) strict;
  create index if not exists payment_trade on payment (number);
  create index if not exists payment_order on payment (channel, orderId);
  create index if not exists payment_day on payment (channel, paidAt);
  create table if not exists refund (channel text not null, refundId text not null, reference text not null unique,
    paymentId text not null, number text not null, minor integer not null, state text not null, reason text not null,
    notifyUrl text, askedAt text not null, dueAt text, doneAt text, details text not null, primary key (channel, refundId)) strict;
  create index if not exists refund_payment on refund (paymentId);
  create index if not exists refund_day on refund (channel, askedAt);
  create index if not exists refund_due on refund (dueAt) where dueAt is not null;
  create table if not exists notice (noticeId text primary key, channel text not null, number text not null, url text not null,
    kind text not null, content text not null, madeAt text not null, sends integer not null, dueAt text, answeredAt text,
    manner text not null) strict;
  create index if not exists notice_due on notice (dueAt) where dueAt is not null;
  create index if not exists notice_trade on notice (number);
  create index if not exists notice_made on notice (madeAt);
  create table if not exists delivery (seq integer primary key, noticeId text not null, at text not null, status integer,
    answer text not null) strict;
  create index if not exists delivery_notice on delivery (noticeId);
  create table if not exists answered (requestId text primary key, fingerprint text not null, made text not null,
    at text not null) strict;
`
const KEYS = {
  trade: 'number',
  payment: 'paymentId',
  refund: 'channel, refundId',
  notice: 'noticeId',
  answered: 'requestId',
}
type Rows = { trade: Trade; payment: Payment; refund: Refund; notice: Notice; answered: Answered }

type Ask = {
  one<T>(sql: string, ...values: SQLInputValue[]): T | undefined
  all<T>(sql: string, ...values: SQLInputValue[]): T[]
  run(sql: string, ...values: SQLInputValue[]): void
}

export type Store = ReturnType<typeof openStore>

/**
 * Everything the sandbox remembers, in one SQLite file (or in memory, without a folder), so that memory stays small and an order
 * opened before a restart can still be paid. Nothing is synced to the disk: it outlives the process, not a power cut.
 */
export function openStore(folder: string | undefined) {
  if (folder) mkdirSync(folder, { recursive: true, mode: 0o700 })
  const database = new DatabaseSync(folder ? join(folder, 'sandbox.sqlite') : ':memory:', { readBigInts: true })
  database.exec(`pragma journal_mode = wal; pragma synchronous = off; ${SCHEMA}`)
  const prepared = new Map<string, StatementSync>()
  const prepare = (sql: string): StatementSync => {
    const statement = prepared.get(sql) ?? database.prepare(sql)
    prepared.set(sql, statement)
    return statement
  }
  // Rows are made here alone, each by its type, so what a table gives back has it.
  const ask: Ask = {
    one: <T>(sql: string, ...values: SQLInputValue[]) => prepare(sql).get(...values) as T | undefined,
    all: <T>(sql: string, ...values: SQLInputValue[]) => prepare(sql).all(...values) as T[],
    run: (sql, ...values) => void prepare(sql).run(...values),
  }
  return {
    ...tradeQueries(ask),
    ...paymentQueries(ask),
    ...noticeQueries(ask),
    ...housekeeping(ask),
    close: () => database.close(),
    /** All of it or nothing, whatever ends the process. */
    together<T>(work: () => T): T {
      database.exec('begin')
      try {
        const result = work()
        database.exec('commit')
        return result
      } catch (error) {
        database.exec('rollback')
        throw error
      }
    },
    /** Writes a row whole, over the one with its key. */
    put<K extends keyof Rows>(table: K, row: Rows[K]): void {
      const columns = Object.keys(row)
      const set = columns.map((column) => `${column} = excluded.${column}`).join(', ')
      const values = columns.map((column) => `:${column}`).join(', ')
      const into = `insert into ${table} (${columns.join(', ')}) values (${values})`
      prepare(`${into} on conflict (${KEYS[table]}) do update set ${set}`).run(row as Record<string, SQLInputValue>)
    },
  }
}

function tradeQueries({ one, all }: Ask) {
  return {
    trade: (number: string) => one<Trade>('select * from trade where number = ?', number),
    /** The trade of a merchant's number; of PayPal's, which may have several, the newest. */
    tradeOfOrder: (channel: Channel, orderId: string) =>
      one<Trade>(
        'select * from trade where channel = ? and orderId = ? order by openedAt desc, number limit 1',
        channel,
        orderId,
      ),
    tradeOfReference: (reference: string) => one<Trade>('select * from trade where reference = ?', reference),
    recentTrades: (limit: number) => all<Trade>('select * from trade order by openedAt desc, number limit ?', limit),
  }
}

function paymentQueries({ one, all }: Ask) {
  const days = (table: string, time: string) =>
    `select * from ${table} where channel = ? and ${time} >= ? and ${time} < ? order by ${time}, paymentId`
  return {
    payment: (paymentId: string) => one<Payment>('select * from payment where paymentId = ?', paymentId),
    paymentsOf: (number: string) =>
      all<Payment>('select * from payment where number = ? order by paidAt, paymentId', number),
    paymentOfOrder: (channel: Channel, orderId: string) =>
      one<Payment>('select * from payment where channel = ? and orderId = ? limit 1', channel, orderId),
    paymentsOn: (channel: Channel, from: At, before: At) =>
      all<Payment>(days('payment', 'paidAt'), channel, from, before),
    refund: (channel: Channel, refundId: string) =>
      one<Refund>('select * from refund where channel = ? and refundId = ?', channel, refundId),
    refundByReference: (reference: string) => one<Refund>('select * from refund where reference = ?', reference),
    refundsOf: (paymentId: string) =>
      all<Refund>('select * from refund where paymentId = ? order by askedAt, refundId', paymentId),
    refundsOn: (channel: Channel, from: At, before: At) =>
      all<Refund>(days('refund', 'askedAt'), channel, from, before),
    refundsDue: (at: At) => all<Refund>('select * from refund where dueAt <= ? order by dueAt limit 100', at),
  }
}

function noticeQueries({ one, all, run }: Ask) {
  return {
    notice: (noticeId: string) => one<Notice>('select * from notice where noticeId = ?', noticeId),
    noticesOf: (number: string) =>
      all<Notice>('select * from notice where number = ? order by madeAt, noticeId', number),
    noticesDue: (at: At, limit: number) =>
      all<Notice>('select * from notice where dueAt <= ? order by dueAt, madeAt limit ?', at, limit),
    recentNotices: (limit: number) => all<Notice>('select * from notice order by madeAt desc, noticeId limit ?', limit),
    deliveriesOf: (noticeId: string) =>
      all<Delivery>('select * from delivery where noticeId = ? order by seq', noticeId),
    addDelivery: (noticeId: string, at: At, status: number | null, answer: string) =>
      run('insert into delivery (noticeId, at, status, answer) values (?, ?, ?, ?)', noticeId, at, status, answer),
  }
}

function housekeeping({ one, run }: Ask) {
  return {
    setting: (name: string) => one<{ value: string }>('select value from setting where name = ?', name)?.value,
    set: (name: string, value: string) =>
      run('insert or replace into setting (name, value) values (?, ?)', name, value),
    answered: (requestId: string) => one<Answered>('select * from answered where requestId = ?', requestId),
    /** When anything is due next. */
    nextDue: () =>
      one<{ at: At | null }>(
        `select min(at) at from (select min(dueAt) at from notice where dueAt is not null
           union all select min(dueAt) from refund where dueAt is not null)`,
      )?.at ?? undefined,
    /** Forgets what nobody can ask for any more. */
    forgetBefore(at: At): void {
      run('delete from delivery where at < ?', at)
      run('delete from notice where madeAt < ?', at)
      run('delete from answered where at < ?', at)
      run('delete from refund where askedAt < ?', at)
      run('delete from payment where paidAt < ?', at)
      run('delete from trade where openedAt < ? and number not in (select number from payment)', at)
    },
  }
}
