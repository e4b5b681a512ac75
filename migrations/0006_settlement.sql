-- One attributed row per account, day, project, user, kind and SKU; amount = cash + granted + unpaid, in grains.
-- line_id is derived from the key, so the same key always gives the same line.
create table bill_line (
  bucket integer not null,
  account_id text collate "C" not null,
  line_id text collate "C" not null,
  day date not null,
  project_id text collate "C" not null,
  user_id text collate "C" not null,
  kind text not null,
  sku text collate "C" not null,
  amount bigint not null,
  cash bigint not null,
  granted bigint not null,
  unpaid bigint not null,
  check (cash >= 0 and granted >= 0 and unpaid >= 0 and amount = cash + granted + unpaid),
  primary key (bucket, account_id, line_id)
) with (fillfactor = 70);
create index bill_line_by_day on bill_line (bucket, account_id, day, line_id);
-- A member's own use, and one project of many, without reading a heavy account's other lines.
create index bill_line_by_project on bill_line (bucket, account_id, project_id, user_id, day, line_id);
create index bill_line_unpaid on bill_line (bucket, account_id) where unpaid > 0;

-- The daily roll-up of bill lines: what totals are read from.
create table bill_day (
  bucket integer not null,
  account_id text collate "C" not null,
  day date not null,
  project_id text collate "C" not null,
  kind text not null,
  amount bigint not null,
  cash bigint not null,
  granted bigint not null,
  unpaid bigint not null,
  primary key (bucket, account_id, day, project_id, kind)
) with (fillfactor = 70);

-- The monthly roll-up, once by each of four keys: what an account's totals over whole months are read from. Of days that are over by
-- the wallet's attributed_at: a day is added when it is over, and what late use or a repayment changes in it afterwards is added then.
create table bill_month (
  bucket integer not null,
  account_id text collate "C" not null,
  month date not null,
  keyed_by text not null check (keyed_by in ('day', 'project', 'user', 'sku')),
  key text collate "C" not null,
  kind text not null,
  amount bigint not null,
  cash bigint not null,
  granted bigint not null,
  unpaid bigint not null,
  primary key (bucket, account_id, keyed_by, month, key, kind)
) with (fillfactor = 70);

-- Which lot paid how much of which line: signed, written once. lot_id null: nobody yet (arrears). seq is its posting's.
-- used_to: the end of the use that it paid for, where it paid for use in its normal course.
create table draw (
  bucket integer not null,
  account_id text collate "C" not null,
  seq bigint not null,
  line_id text collate "C" not null,
  lot_id text collate "C",
  amount bigint not null check (amount <> 0),
  why text not null check (why in ('use', 'late', 'charge', 'repay')),
  used_to timestamptz,
  at timestamptz not null
);
create index draw_by_line on draw (bucket, account_id, line_id);

-- A one-off debit, such as a storage plan for a month. charge_id is the caller's key.
create table charge (
  bucket integer not null,
  account_id text collate "C" not null,
  charge_id text collate "C" not null,
  project_id text collate "C" not null,
  user_id text collate "C" not null,
  kind text not null,
  sku text collate "C" not null,
  day date not null,
  amount bigint not null check (amount > 0),
  note text,
  seq bigint not null,
  at timestamptz not null,
  primary key (bucket, account_id, charge_id)
);

-- Days and keys that late events touched behind attributed_at: to be reckoned again at the next attribution.
create table attribution_mark (
  bucket integer not null,
  account_id text collate "C" not null,
  day date not null,
  project_id text collate "C" not null,
  user_id text collate "C" not null,
  kind text not null,
  sku text collate "C" not null,
  primary key (bucket, account_id, day, project_id, user_id, kind, sku)
);
