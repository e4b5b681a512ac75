-- The journal. Amounts in grains. Written once, never changed: corrections are further postings.
-- seq has no gap within an account. at: when the posting took effect; recorded_at: when it was written (closed reports go by it).
-- used_from, used_to: the stretch of use that a deduction pays for.
create table posting (
  bucket integer not null,
  account_id text collate "C" not null,
  seq bigint not null,
  source text not null,
  source_id text collate "C",
  debit text collate "C" not null,
  credit text collate "C" not null,
  amount bigint not null check (amount > 0),
  used_from timestamptz,
  used_to timestamptz,
  at timestamptz not null,
  recorded_at timestamptz not null,
  check (debit <> credit),
  primary key (bucket, account_id, seq, at)
) partition by range (at);
-- Months are laid ahead by the clock loop; what falls outside them (a replay of the past) is kept here.
create table posting_other partition of posting default;
