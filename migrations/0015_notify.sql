-- What Corehour tells in the system: a user, or with user_id null whoever belongs to the account. Its text is made when it is read.
create table message (
  bucket integer not null,
  account_id text collate "C" not null,
  message_id text collate "C" not null,
  user_id text collate "C",
  topic text collate "C" not null,
  data jsonb not null,
  at timestamptz not null,
  read_at timestamptz,
  primary key (bucket, account_id, message_id)
);
create index message_by_age on message (bucket, account_id, at, message_id);

-- A mail that is to be written: to whom, what about. Its text is made when it is sent, and the secret of a link that it carries is made
-- with it, so neither ever stands here. bucket: of the account, or of the address where there is none yet. due_at: when it is tried
-- next; it is given up at give_up_at.
create table mail (
  bucket integer not null,
  mail_id text collate "C" not null,
  address text not null,
  language text not null check (language in ('en', 'zh')),
  kind text collate "C" not null,
  data jsonb not null,
  created_at timestamptz not null,
  due_at timestamptz not null,
  give_up_at timestamptz not null,
  tries integer not null default 0,
  state text not null default 'waiting' check (state in ('waiting', 'sent', 'dropped', 'failed')),
  done_at timestamptz,
  failure text,
  primary key (bucket, mail_id),
  check ((state = 'waiting') = (done_at is null))
);
create index mail_due on mail (due_at) where state = 'waiting';
create index mail_by_age on mail (created_at);
