-- Who pays, who uses, and in which project. Ids compare byte by byte (collate "C") on every server.
create table account (
  bucket integer not null,
  account_id text collate "C" not null,
  name text not null,
  currency text not null,
  created_at timestamptz not null,
  primary key (bucket, account_id)
);

create table users (
  bucket integer not null,
  account_id text collate "C" not null,
  user_id text collate "C" not null,
  name text not null,
  email text,
  created_at timestamptz not null,
  primary key (bucket, account_id, user_id)
);
create index users_by_id on users (user_id);

-- A project lives with the account of its creator, who pays for all use in it.
create table project (
  bucket integer not null,
  account_id text collate "C" not null,
  project_id text collate "C" not null,
  name text not null,
  created_at timestamptz not null,
  deleted_at timestamptz,
  primary key (bucket, account_id, project_id)
);
create index project_by_id on project (project_id);

create table member (
  bucket integer not null,
  account_id text collate "C" not null,
  project_id text collate "C" not null,
  user_id text collate "C" not null,
  role text not null check (role in ('creator', 'admin', 'member')),
  joined_at timestamptz not null,
  removed_at timestamptz,
  primary key (bucket, account_id, project_id, user_id)
);
create index member_by_user on member (user_id);
