-- What platforms observed. A resource is source + subject; its spans are a pure function of the set of its events.
-- seq: the account's last posting when the event was applied, so that the spans as of any posting can be rebuilt.
-- Both keys have what differs most before the source, which is the same nearly everywhere: a comparison that ends early is a quarter
-- of what an event costs.
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
  primary key (bucket, account_id, event_id, source)
);
create index usage_event_by_resource on usage_event (subject, source, at);

-- A stretch [started_at, ended_at) of whole seconds in which one resource runs at one pinned rate (grains per second). Its one index
-- finds what runs or ran after an instant, and each span by what it is: a second one would be written at every start and stop, a tenth
-- of an event's cost. Whoever changes a span knows it whole; a span is looked up by its id only within its account.
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
  primary key (bucket, account_id, ended_at, subject, source, started_at)
);

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
