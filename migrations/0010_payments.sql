-- The intent to pay. The row stands before its gateway is asked, so that whatever was asked is known here. order_id is made of the caller's key
-- and name of the request, so the same request is the same order. A notice names nothing but the order: hence an index by id alone.
-- amount: grains to be credited. charged: what the payer is asked for, in minor units of charged_currency; exchange says how the one became
-- the other. qr, approve_url, reference: what the gateway gave. credited, arrears_paid: of all its payments, in grains.
-- due_at: when its gateway is asked next, whatever for (to open it, how it stands, to close it). Null: nothing more is asked.
create table topup_order (
  bucket integer not null,
  account_id text collate "C" not null,
  order_id text collate "C" not null,
  key_id text collate "C" not null,
  channel text not null check (channel in ('alipay', 'wechat', 'paypal')),
  state text not null check (state in ('opening', 'awaiting', 'paid', 'expired', 'closed', 'disputed')),
  currency text not null,
  amount bigint not null check (amount > 0),
  charged_currency text not null,
  charged bigint not null check (charged > 0),
  exchange jsonb,
  qr text,
  approve_url text,
  reference text,
  credited bigint not null default 0 check (credited >= 0),
  arrears_paid bigint not null default 0 check (arrears_paid >= 0),
  refusal jsonb,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  cancelled_at timestamptz,
  paid_at timestamptz,
  due_at timestamptz,
  check ((state = 'paid') = (credited > 0)),
  check ((exchange is null) = (charged_currency = currency)),
  primary key (bucket, account_id, order_id)
) with (fillfactor = 70);
create index topup_order_by_id on topup_order (order_id);
create index topup_order_by_age on topup_order (created_at, order_id);
create index topup_order_due on topup_order (channel, due_at) where due_at is not null;

-- Money that came by a gateway and was credited: one row, one lot, for each of its payments. paid and fee in minor units of paid_currency;
-- amount and arrears_paid in grains of the account's.
create table payment (
  bucket integer not null,
  account_id text collate "C" not null,
  channel text not null,
  payment_id text collate "C" not null,
  order_id text collate "C" not null,
  paid_currency text not null,
  paid bigint not null check (paid > 0),
  fee bigint,
  payee text not null,
  currency text not null,
  amount bigint not null check (amount > 0),
  arrears_paid bigint not null check (arrears_paid >= 0),
  lot_id text collate "C" not null,
  flag text check (flag in ('late', 'second', 'settled')),
  found_by text not null check (found_by in ('notice', 'look', 'staff')),
  paid_at timestamptz not null,
  credited_at timestamptz not null,
  primary key (bucket, account_id, channel, payment_id)
);
create index payment_by_number on payment (payment_id);
create index payment_by_order on payment (bucket, account_id, order_id);
create index payment_by_age on payment (credited_at, payment_id);

-- What a gateway said, with its signature verified: kept whole, once, before anything follows from it. It has no account yet: its bucket is that
-- of channel and notice_id. about: what was read from it. due_at: when it is taken up where whoever stored it has not done so; null: done.
create table gateway_notice (
  bucket integer not null,
  channel text not null,
  notice_id text collate "C" not null,
  kind text not null check (kind in ('payment', 'approval', 'refund', 'other')),
  order_id text collate "C",
  payment_id text collate "C",
  about jsonb not null,
  headers jsonb not null,
  body bytea not null,
  sent_at timestamptz not null,
  received_at timestamptz not null,
  outcome text check (outcome in ('credited', 'known', 'disputed', 'looked', 'none')),
  applied_at timestamptz,
  tries integer not null default 0,
  due_at timestamptz,
  check ((outcome is null) = (applied_at is null) and (outcome is null) = (due_at is not null)),
  primary key (bucket, channel, notice_id)
) with (fillfactor = 70);
create index gateway_notice_by_order on gateway_notice (order_id);
create index gateway_notice_by_age on gateway_notice (received_at, notice_id);
create index gateway_notice_due on gateway_notice (due_at) where due_at is not null;

-- Payments that don't fit their order, and refunds that nobody asked for, for staff to settle. Its bucket is that of the order's account, where
-- there is one, else of channel and number. account_id: of the order; when it is credited, of whom it was credited to. payment_id: of a refund,
-- the refund's number. credited in grains.
create table dispute (
  bucket integer not null,
  channel text not null,
  kind text not null check (kind in ('payment', 'refund')),
  payment_id text collate "C" not null,
  dispute_id text collate "C" not null,
  reason text not null check (reason in
    ('unknown_order', 'unknown_refund', 'wrong_amount', 'wrong_currency', 'wrong_payee', 'other_order', 'not_creditable')),
  order_id text collate "C",
  account_id text collate "C",
  paid_currency text,
  paid bigint,
  fee bigint,
  payee text,
  paid_at timestamptz,
  state text not null default 'open' check (state in ('open', 'credited', 'rejected')),
  opened_at timestamptz not null,
  settled_at timestamptz,
  settled_by text collate "C",
  note text,
  credited_to text collate "C",
  currency text,
  credited bigint,
  check ((state = 'open') = (settled_at is null)),
  check ((state = 'credited') = (credited is not null)),
  check ((credited is null) = (credited_to is null) and (credited is null) = (currency is null)),
  primary key (bucket, channel, kind, payment_id)
);
create index dispute_by_id on dispute (dispute_id);
create index dispute_by_age on dispute (opened_at, dispute_id);
