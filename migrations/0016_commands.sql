-- What a platform is asked to do with a resource that runs. It moves no money: only the platform's own usage event ends a charge, and
-- ends the command with it. An open one (ended_at null) stands for a run that runs, under the lock of its wallet.
create table command (
  bucket integer not null,
  account_id text collate "C" not null,
  command_id text collate "C" not null,
  source text collate "C" not null,
  subject text collate "C" not null,
  run integer not null,
  action text not null check (action in ('stop', 'delete')),
  asked_by text collate "C" not null,
  asked_at timestamptz not null,
  state text not null default 'asked' check (state in ('asked', 'taken', 'done', 'refused')),
  taken_at timestamptz,
  ended_at timestamptz,
  note text,
  primary key (bucket, account_id, command_id),
  check ((state in ('asked', 'taken')) = (ended_at is null)),
  check (state <> 'taken' or taken_at is not null)
);
create unique index command_open on command (bucket, account_id, subject, source, action) where ended_at is null;
create index command_of_resource on command (bucket, account_id, subject, source, asked_at);
create index command_due on command (source, asked_at, command_id) where ended_at is null;
create index command_by_id on command (command_id);
