-- Detailed bills that were asked for as files: the queue and its memory in one. A table of our own rather than the job queue's: its rows
-- live in their account's bucket, as Citus needs it, and whoever asked can look at them.
-- user_id: the customer who asked; null: staff. filter: what was asked, as it stood then.
-- fence: how often the row was taken, so that only who took it last may write to it; its file is named after it.
-- tries: how often it was taken and not given back in order.
-- due_at: what happens next: queued, it may be taken; running, who took it is given up and it begins anew; done, its file is deleted.
create table bill_export (
  bucket integer not null,
  account_id text collate "C" not null,
  export_id text collate "C" not null,
  key_id text collate "C" not null,
  user_id text collate "C",
  format text not null check (format in ('csv', 'xlsx', 'jsonl')),
  filter jsonb not null,
  state text not null check (state in ('queued', 'running', 'done', 'failed')),
  fence integer not null default 0,
  tries integer not null default 0,
  due_at timestamptz,
  rows bigint not null default 0,
  bytes bigint,
  created_at timestamptz not null,
  finished_at timestamptz,
  check ((state in ('done', 'failed')) = (finished_at is not null)),
  check ((state = 'done') = (bytes is not null)),
  primary key (bucket, account_id, export_id)
);
-- A link names nothing but the export, and staff list theirs over all accounts.
create index bill_export_by_id on bill_export (export_id);
create index bill_export_due on bill_export (due_at) where due_at is not null;
