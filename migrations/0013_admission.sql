-- What admission looks up for every question and seldom finds: indexes of the few rows that there are.
create index account_blocked on account (bucket, account_id) where blocked_at is not null;
create index lot_unexpired on lot (bucket, account_id, expires_at) where expired_at is null and expires_at is not null;
