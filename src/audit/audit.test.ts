import assert from 'node:assert/strict'
import { test } from 'node:test'
import { manualClock, query, SYSTEM, transact, type App } from '../base/index.ts'
import { openTestApp, openTestDatabase } from '../../test/harness.ts'
import { TEMPLATE } from '../../test/cluster.ts'
import { ledgerInvariants } from '../ledger/index.ts'
import { meteringInvariants } from '../metering/index.ts'
import { settlementInvariants } from '../settlement/index.ts'
import { walletInvariants } from '../wallet/index.ts'
import { audit, invariants } from './index.ts'
import { writeBooks } from './books.fixture.ts'

// Each way to break the books: SQL over the account ($), and the invariants that must report that account, no other.
const corruptions: Record<string, { sql: string; broken: string[] }> = {
  sound: { sql: '', broken: [] },
  negative_posting: {
    sql: `update posting set amount = -amount, debit = credit, credit = debit where seq = 7 and $`,
    broken: ['posting_balanced'],
  },
  posting_from_nowhere: {
    sql: `update posting set debit = 'revenue', credit = 'unattributed' where seq = 14 and $`,
    broken: ['posting_balanced', 'wallet_balance_posted', 'deducted_is_use', 'balance_is_lots'],
  },
  gap: {
    sql: `update posting set seq = 15 where seq = 14 and $; update wallet set last_seq = 15 where $`,
    broken: ['posting_seq_gapless'],
  },
  number_twice: {
    sql: `update posting set seq = 9, at = at + interval '1 hour' where seq = 8 and $`,
    broken: ['posting_seq_gapless'],
  },
  wallet_without_account: { sql: `delete from account where $`, broken: ['identity_account', 'wallet_opened'] },
  other_currency: { sql: `update wallet set currency = 'USD' where $`, broken: ['wallet_opened'] },
  balance: {
    sql: `update wallet set balance = balance + 1 where $`,
    broken: ['wallet_balance_posted', 'balance_is_lots'],
  },
  arrears: {
    sql: `update wallet set arrears = arrears - 1 where $`,
    broken: ['wallet_arrears_posted', 'arrears_unpaid', 'balance_is_lots'],
  },
  last_seq: { sql: `update wallet set last_seq = 13 where $`, broken: ['wallet_last_seq'] },
  held: { sql: `update wallet set held = 120 where $`, broken: ['wallet_held'] },
  attributed_ahead: {
    sql: `update wallet set attributed_at = settled_at + interval '1 s' where $`,
    broken: ['wallet_instants_ordered', 'line_is_use'],
  },
  remaining: {
    sql: `update lot set remaining = 1 where lot_id like 'cash%' and $`,
    broken: ['lot_posted', 'lot_is_draws', 'arrears_without_money', 'balance_is_lots'],
  },
  expired: {
    sql: `update lot set expired = 99 where lot_id like 'unused%' and $`,
    broken: ['lot_posted', 'lot_is_draws'],
  },
  lot_amount: {
    sql: `update lot set amount = amount + 1 where lot_id like 'cash%' and $`,
    broken: ['lot_credited_once', 'lot_is_draws'],
  },
  other_channel: {
    sql: `update lot set channel = 'cheque' where lot_id like 'cash%' and $`,
    broken: ['lot_credited_once'],
  },
  payment_twice: {
    sql: `update lot set payment_id = 'same' where kind = 'cash' and $`,
    broken: ['payment_credited_once'],
  },
  expired_late: {
    sql: `update lot set expired_at = null where lot_id like 'unused%' and $`,
    broken: ['grant_expired_in_time'],
  },
  expired_early: {
    sql: `update lot set expired_at = expires_at where lot_id like 'grant%' and $`,
    broken: ['grant_expired_in_time'],
  },
  rate: { sql: `update wallet set rate = 3 where $`, broken: ['wallet_rate_of_spans'] },
  accrued: { sql: `update wallet set accrued = 1 where $`, broken: ['wallet_accrued_of_spans'] },
  half_second: {
    sql: `update usage_span set started_at = started_at + interval '0.4 s' where span_id like 'one%' and $`,
    broken: ['span_whole', 'span_reported'],
  },
  overlap: {
    sql: `update usage_span set subject = (select subject from usage_span where span_id like 'two%' and $) where span_id like 'one%' and $;
      update usage_event set subject = (select subject from usage_span where span_id like 'two%' and $) where event_id like 'event-one%' and $`,
    broken: ['spans_apart'],
  },
  asked_of_ended: {
    sql: `insert into command (bucket, account_id, command_id, source, subject, run, action, asked_by, asked_at)
      select bucket, account_id, 'cmd', source, subject, run, 'stop', 'key', started_at from usage_span where span_id like 'one%' and $`,
    broken: ['command_of_running'],
  },
  unreported: { sql: `delete from usage_event where event_id like 'event-one%' and $`, broken: ['span_reported'] },
  other_project: {
    sql: `update usage_span set project_id = 'proj_sound' where $; update bill_line set project_id = 'proj_sound' where $;
      update bill_day set project_id = 'proj_sound' where $; update bill_month set key = 'proj_sound' where keyed_by = 'project' and $;
      update charge set project_id = 'proj_sound' where $`,
    broken: ['span_in_own_project', 'line_in_own_project'],
  },
  late: { sql: `update wallet set late = 7 where $`, broken: ['deducted_is_use'] },
  deducted: {
    sql: `update posting set amount = amount + 1 where seq = 14 and $; update wallet set balance = balance - 1 where $`,
    broken: ['deducted_is_use'],
  },
  deducted_twice: {
    sql: `update posting set used_from = used_from - interval '1 s' where seq = 14 and $`,
    broken: ['use_deducted_once'],
  },
  over_midnight: {
    sql: `update posting set used_to = used_to + interval '1 s' where seq = 7 and $; update posting set used_from = used_to - interval '1 s' where seq = 8 and $`,
    broken: ['use_deducted_once'],
  },
  // 16:00 UTC is midnight in Shanghai: use moved over it changes no total, only the days.
  other_day: {
    sql: `update usage_span set started_at = started_at + interval '60 s', ended_at = ended_at + interval '60 s' where span_id like 'one%' and $;
      update usage_event set at = at + interval '60 s' where event_id like 'event-one%' and $`,
    broken: ['line_is_use'],
  },
  marked: {
    sql: `update usage_span set started_at = started_at + interval '60 s', ended_at = ended_at + interval '60 s' where span_id like 'one%' and $;
      update usage_event set at = at + interval '60 s' where event_id like 'event-one%' and $;
      insert into attribution_mark select bucket, account_id, day, project_id, user_id, kind, sku from bill_line where sku = 'queue:a' and $`,
    broken: [],
  },
  line_twice: {
    sql: `insert into bill_line select bucket, account_id, line_id || 'x', day, project_id, user_id, kind, sku, 0, 0, 0, 0 from bill_line where line_id like 'l1%' and $`,
    broken: ['line_once'],
  },
  line_paid_otherwise: {
    sql: `update bill_line set cash = cash + 5, granted = granted - 5 where line_id like 'l2%' and $;
      update bill_day set cash = cash + 5, granted = granted - 5 where day = '2026-01-01' and kind = 'job' and $;
      update bill_month set cash = cash + 5, granted = granted - 5 where kind = 'job' and (keyed_by <> 'sku' or key = 'queue:b') and $`,
    broken: ['line_is_draws'],
  },
  roll_up: {
    sql: `update bill_day set amount = amount + 1, cash = cash + 1 where day = '2026-01-02' and $`,
    broken: ['day_is_lines'],
  },
  roll_up_missing: { sql: `delete from bill_day where day = '2026-01-02' and $`, broken: ['day_is_lines'] },
  month: {
    sql: `update bill_month set amount = amount + 1, cash = cash + 1 where keyed_by = 'user' and kind = 'job' and $`,
    broken: ['month_is_lines'],
  },
  month_missing: {
    sql: `delete from bill_month where keyed_by = 'sku' and key = 'queue:a' and $`,
    broken: ['month_is_lines'],
  },
  // The second of January is not over: it is in no month yet.
  month_ahead: {
    sql: `insert into bill_month select bucket, account_id, '2026-01-01', 'day', '2026-01-02', kind, amount, cash, granted, unpaid
      from bill_day where day = '2026-01-02' and $`,
    broken: ['month_is_lines'],
  },
  charge_unposted: { sql: `update charge set charge_id = 'other' where $`, broken: ['charge_posted'] },
  draws_swapped: {
    sql: `update draw set seq = 9 where seq = 6 and $; update posting set amount = amount + 1 where seq = 9 and $; update posting set amount = amount - 1 where seq = 6 and $`,
    broken: ['draws_posted'],
  },
  foreign_lot: {
    sql: `update draw set lot_id = 'topup_sound' where seq = 13 and lot_id is not null and $`,
    broken: ['line_is_draws', 'draws_posted', 'draw_in_own_books', 'lot_is_draws'],
  },
  foreign_line: {
    sql: `update draw set line_id = 'l4_sound' where seq in (10, 11, 13) and line_id like 'l4%' and $`,
    broken: ['line_is_draws', 'draw_in_own_books'],
  },
  after_expiry: {
    sql: `update draw set used_to = '2026-02-01T00:00:01Z' where seq = 9 and $`,
    broken: ['grant_pays_before_expiry'],
  },
  // Cash first, while the grant that comes before it had money.
  out_of_order: {
    sql: `update posting set seq = 99 where seq = 9 and $; update posting set seq = 9 where seq = 10 and $; update posting set seq = 10 where seq = 99 and $;
      update draw set seq = 99 where seq = 9 and $; update draw set seq = 9 where seq = 10 and $; update draw set seq = 10 where seq = 99 and $`,
    broken: ['lots_in_order'],
  },
  unpaid_beside_money: {
    sql: `update posting set seq = 99 where seq = 10 and $; update posting set seq = 10 where seq = 11 and $; update posting set seq = 11 where seq = 99 and $;
      update draw set seq = 99 where seq = 10 and $; update draw set seq = 10 where seq = 11 and $; update draw set seq = 11 where seq = 99 and $`,
    broken: ['lots_in_order'],
  },
  priority_ignored: {
    // A grant that comes before and has money until its expiry at 12:30, with use from 12:00 on paid by another.
    sql: `update lot set priority = -1, expires_at = '2026-01-01T12:30:00Z', expired_at = '2026-01-01T12:30:00Z' where lot_id like 'unused%' and $;
      update posting set seq = 104 where seq = 4 and $; update posting set seq = seq - 1 where seq in (5, 6) and $; update posting set seq = 6 where seq = 104 and $;
      update draw set seq = 5 where seq = 6 and $; update charge set seq = 4 where $`,
    broken: ['lots_in_order'],
  },
}

const CONSTRAINTS = `
  alter table posting drop constraint posting_amount_check, drop constraint posting_check;
  alter table lot drop constraint lot_bucket_account_id_payment_id_key`

test('each way to break the books is reported by its name, for its account alone', async (t) => {
  const database = await openTestDatabase(TEMPLATE)
  t.after(database.close)
  const app: App = {
    database,
    clock: manualClock('2026-01-02T00:00:00Z'),
    timeZone: 'Asia/Shanghai',
    log: { info() {}, error() {} },
  }
  for (const name of Object.keys(corruptions)) await writeBooks(database, name)
  assert.deepEqual((await audit(app)).violations, [], 'the books are sound before they are corrupted')

  await query(database.pool, { text: CONSTRAINTS })
  for (const [name, { sql }] of Object.entries(corruptions)) {
    if (sql) await query(database.pool, { text: sql.replaceAll('$', `account_id = '${name}'`) })
  }
  const reported = new Map<string, Set<string>>()
  for (const { invariant, rows } of (await audit(app)).violations) {
    for (const { account_id: name } of rows) reported.set(name, (reported.get(name) ?? new Set()).add(invariant))
  }
  for (const [name, { broken }] of Object.entries(corruptions)) {
    await t.test(`${name}: ${broken.join(', ') || 'nothing'}`, () =>
      assert.deepEqual([...(reported.get(name) ?? [])], broken),
    )
  }

  await t.test('an audit of some accounts reports them and no others', async () => {
    const { violations, checked } = await audit(app, { accounts: ['sound', 'balance', 'held', 'out_of_order'] })
    assert.deepEqual(
      violations.map(({ invariant, rows }) => [invariant, rows.map((row) => row.account_id)]),
      [
        ['wallet_balance_posted', ['balance']],
        ['wallet_held', ['held']],
        ['lots_in_order', ['out_of_order']],
        ['balance_is_lots', ['balance']],
      ],
    )
    assert.equal(checked, invariants.length)
    assert.deepEqual((await audit(app, { accounts: ['sound'] })).violations, [])
  })
})

test('an audit that takes longer than it may is ended, and says so', async (t) => {
  const { app, close } = await openTestApp()
  t.after(close)
  await transact(app, SYSTEM, async (tx) => {
    // What it wants to read is held: it would wait for good.
    await tx.query({ text: 'lock table wallet' })
    await assert.rejects(audit(app, { seconds: 0.2 }), { code: 'audit_too_long' })
  })
  assert.deepEqual((await audit(app, { seconds: 60 })).violations, [])
})

test('every invariant is seen to fire', () => {
  const fired = new Set(Object.values(corruptions).flatMap(({ broken }) => broken))
  // Identity and pricing show theirs in their own rooms.
  const own = [...ledgerInvariants, ...walletInvariants, ...meteringInvariants, ...settlementInvariants]
  assert.deepEqual(
    own.map(({ name }) => name).filter((name) => !fired.has(name)),
    [],
  )
  assert.equal(new Set(invariants.map(({ name }) => name)).size, invariants.length)
})
