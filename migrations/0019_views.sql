-- Staff who look at an account as its owner sees it, in which nothing can be changed: who, at whom, why and until when. user_id: as whom.
-- Found before anybody knows whose account it is about. What is looked at, and why, stands for good in staff_action.
create table account_view (
  view_id text collate "C" primary key,
  key_id text collate "C" not null,
  key_name text not null,
  bucket integer not null,
  account_id text collate "C" not null,
  user_id text collate "C" not null,
  reason text not null,
  opened_at timestamptz not null,
  expires_at timestamptz not null
);
