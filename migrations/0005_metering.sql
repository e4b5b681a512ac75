-- What platforms observed. A resource is source + subject; its spans are a pure function of the set of its events.
-- seq: the account's last posting when the event was applied, so that the spans as of any posting can be rebuilt.
create table usage_event (
  bucket integer not null,
  account_id text collate "C" not null,
  source text collate "C" not null,
  event_id text collate "C" not null,
  subject text collate "C" not null,
  run integer not null,
  type text not null check (type in ('started', 'resized', 'stopped', 'running', 'absent')),
  at timestamptz not null,
  project_id text collate "C",
  user_id text collate "C",
  kind text,
  sku text collate "C",
  price_id text collate "C",
  quantity jsonb,
  seq bigint not null,
  recorded_at timestamptz not null,
  primary key (bucket, account_id, source, event_id)
);
create index usage_event_by_resource on usage_event (source, subject, at);

-- A stretch [started_at, ended_at) of whole seconds in which one resource runs at one pinned rate (grains per second). The key is
-- what a span is by nature: an index of span_id beside it would be the third to write at every start and stop (a fifth of
-- an event's cost); a span is looked up by its id only within its account.
create table usage_span (
  bucket integer not null,
  account_id text collate "C" not null,
  span_id text collate "C" not null,
  source text collate "C" not null,
  subject text collate "C" not null,
  run integer not null,
  project_id text collate "C" not null,
  user_id text collate "C" not null,
  kind text not null check (kind in ('job', 'node', 'storage')),
  sku text collate "C" not null,
  price_id text collate "C" not null,
  quantity jsonb not null,
  rate bigint not null check (rate >= 0),
  started_at timestamptz not null,
  ended_at timestamptz not null default 'infinity',
  check (ended_at > started_at),
  primary key (bucket, account_id, source, subject, started_at)
);
-- The condition always holds; it only keeps the planner from this index where a query doesn't say it. Bucket and account_id are
-- one fact, but it multiplies their odds, takes any account for one row, and would read all spans of it to find one.
create index usage_span_by_end on usage_span (bucket, account_id, ended_at) where rate >= 0;

-- Events that cannot be applied yet (unknown project, user or SKU; a stop before its start; up to 60 s ahead). They have
-- no account yet: their bucket is that of source and subject.
create table parked_event (
  bucket integer not null,
  source text collate "C" not null,
  event_id text collate "C" not null,
  subject text collate "C" not null,
  code text not null,
  event jsonb not null,
  parked_at timestamptz not null,
  primary key (bucket, source, event_id)
);
