-- Which processes serve these books: each says every few seconds that it lives, and takes its row out when it ends in order. Few and of
-- no account.
create table worker (
  worker_id text collate "C" primary key,
  host text not null,
  pid integer not null,
  version text not null,
  started_at timestamptz not null,
  beat_at timestamptz not null
);
