-- Experience cards issued as codes: what each code of a batch gives, and how long. Few and read by all: a reference table.
-- A card expires at expires_at, or valid_days after it is redeemed. After redeem_by no code is taken any more, nor after revoked_at.
-- request_id names the request that issued it: the same again issues nothing more.
create table card_batch (
  batch_id text collate "C" primary key,
  request_id text collate "C" not null unique,
  currency text not null,
  amount bigint not null check (amount > 0),
  count integer not null check (count > 0),
  expires_at timestamptz,
  valid_days integer check (valid_days > 0),
  redeem_by timestamptz,
  once_per_account boolean not null,
  note text,
  created_at timestamptz not null,
  revoked_at timestamptz,
  check ((expires_at is null) <> (valid_days is null))
);

-- A code is nobody's until it is redeemed, so it lives in the bucket of its hash. The code itself is not kept: it is random, so one
-- plain SHA-256 is enough; its last characters are, to speak of it.
create table card_code (
  bucket integer not null,
  code_hash text collate "C" not null,
  batch_id text collate "C" not null,
  last text not null,
  account_id text collate "C",
  redeemed_at timestamptz,
  check ((account_id is null) = (redeemed_at is null)),
  primary key (bucket, code_hash)
);
create index card_code_by_batch on card_code (batch_id, code_hash);
create index card_code_redeemed on card_code (batch_id) where redeemed_at is not null;

-- Which lot a redeemed code became. request_id names the request that redeemed it: the same again gets the same.
create table card_redemption (
  bucket integer not null,
  account_id text collate "C" not null,
  code_hash text collate "C" not null,
  batch_id text collate "C" not null,
  lot_id text collate "C" not null,
  last text not null,
  request_id text collate "C" not null,
  arrears_paid bigint not null check (arrears_paid >= 0),
  redeemed_at timestamptz not null,
  primary key (bucket, account_id, code_hash),
  unique (bucket, account_id, lot_id),
  unique (bucket, account_id, request_id)
);
create index card_redemption_by_batch on card_redemption (bucket, account_id, batch_id);

-- How many codes that don't exist an account has tried since an instant. Its row is also what redeems one code of an account at a time.
create table card_guess (
  bucket integer not null,
  account_id text collate "C" not null,
  since timestamptz not null,
  wrong integer not null,
  primary key (bucket, account_id)
);

-- A card whose owner will be reminded that it expires; gone when that is done.
create table card_reminder (
  bucket integer not null,
  account_id text collate "C" not null,
  lot_id text collate "C" not null,
  due_at timestamptz not null,
  primary key (bucket, account_id, lot_id)
);
create index card_reminder_due on card_reminder (due_at);
