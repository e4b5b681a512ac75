-- What somebody may want to be told, written in the transaction of the act itself; the app's reactions turn it into messages and
-- note when. The same thing happens once: its id is made of what it is about.
create table happening (
  bucket integer not null,
  account_id text collate "C" not null,
  happening_id text collate "C" not null,
  topic text collate "C" not null,
  about text collate "C" not null,
  data jsonb not null,
  at timestamptz not null,
  reacted_at timestamptz,
  primary key (bucket, account_id, happening_id)
);
create index happening_due on happening (at, happening_id) where reacted_at is null;
