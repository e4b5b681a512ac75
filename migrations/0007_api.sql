-- What a set of books is told once: the secret of signed links, whether a test clock moves it, when its demo world began.
create table setting (
  name text collate "C" primary key,
  value text not null
);

-- Who may call. Only the hash of a secret is kept: it is random, so one plain SHA-256 is enough. Not a customer's table: a key is
-- found before anybody knows whose it is.
create table api_key (
  key_id text collate "C" primary key,
  secret_hash text collate "C" not null unique,
  name text not null,
  scope text not null check (scope in ('customer', 'platform', 'staff')),
  account_id text collate "C",
  user_id text collate "C",
  sources text[] not null default '{}',
  created_at timestamptz not null,
  expires_at timestamptz,
  revoked_at timestamptz,
  last_used_at timestamptz,
  check ((scope = 'customer') = (account_id is not null and user_id is not null)),
  check ((scope = 'platform') = (cardinality(sources) > 0))
);
create index api_key_by_user on api_key (user_id) where user_id is not null;

-- The answer to a request, kept with the caller's name of it, in the transaction of the act itself. Its bucket is that of the key.
create table idempotency_key (
  bucket integer not null,
  key_id text collate "C" not null,
  idempotency_key text collate "C" not null,
  fingerprint text not null,
  status integer,
  response text,
  created_at timestamptz not null,
  primary key (bucket, key_id, idempotency_key)
);
create index idempotency_key_by_age on idempotency_key (created_at);

-- What staff did or were refused. Written once. request: json, since jsonb takes no \u0000, and what was refused is kept too.
create table staff_action (
  action_id text collate "C" primary key,
  at timestamptz not null,
  key_id text collate "C" not null,
  key_name text not null,
  route text not null,
  about text collate "C",
  request json,
  status integer not null,
  code text,
  request_id text not null
);
create index staff_action_about on staff_action (about, action_id);
