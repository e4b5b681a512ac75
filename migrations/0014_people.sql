-- How people sign in. None of these is a customer's table: each is found before anybody knows whose it is.
alter table users
  add column language text not null default 'en' check (language in ('en', 'zh')),
  add column staff_role text check (staff_role in ('support', 'finance', 'operator'));

-- By what a person signs in: a password under an e-mail address that was confirmed, in small letters. A second factor or OpenID Connect
-- is one more kind with a subject of its own. secret: what it is checked against, never what was typed.
create table sign_in_method (
  kind text collate "C" not null check (kind in ('password')),
  subject text collate "C" not null,
  bucket integer not null,
  account_id text collate "C" not null,
  user_id text collate "C" not null,
  secret text not null,
  created_at timestamptz not null,
  changed_at timestamptz not null,
  primary key (kind, subject)
);
create unique index sign_in_method_by_user on sign_in_method (user_id, kind);

-- Who asked to be taken in and has not confirmed the address: there is no user and no account before. The same address may be asked for
-- by several, of whom one can read its mail.
create table sign_up (
  sign_up_id text collate "C" primary key,
  email text not null,
  name text not null,
  language text not null check (language in ('en', 'zh')),
  secret text not null,
  created_at timestamptz not null,
  expires_at timestamptz not null
);

-- What a mailed link stands for. Only the hash of its token is kept; about: the sign-up, or the user. used_by: which request used it,
-- so that the same one is not refused when it comes again because its commit's answer was lost.
create table link (
  token_hash text collate "C" primary key,
  purpose text collate "C" not null check (purpose in ('sign_up', 'password', 'email')),
  about text collate "C" not null,
  email text not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  used_at timestamptz,
  used_by text,
  check ((used_at is null) = (used_by is null))
);
create index link_about on link (about);

-- A person who is signed in, somewhere. seen_at is written once in five minutes at most.
create table session (
  session_id text collate "C" primary key,
  token_hash text collate "C" not null unique,
  bucket integer not null,
  account_id text collate "C" not null,
  user_id text collate "C" not null,
  device text not null,
  address text not null,
  created_at timestamptz not null,
  seen_at timestamptz not null,
  expires_at timestamptz not null,
  ended_at timestamptz
);
create index session_by_user on session (user_id);

-- How many tries are taken of what may be tried only so often: one row, by the "generic cell rate" rule. Past used_until all are there again.
create table attempt (
  name text collate "C" primary key,
  used_until timestamptz not null
);
