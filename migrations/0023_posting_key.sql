-- Nearly all postings are of use, and each tick writes one for every account that owes. Keyed by account, each of them went to an
-- index page of its own, which the tick dirtied: after a day of 100k accounts more than memory keeps. Keyed by when it took effect they stand side by
-- side, and a tick writes to one page a bucket. All others, a thirteenth of them, are found by account, and say when there was use in between.
alter table posting drop constraint posting_pkey;
alter table posting add primary key (bucket, at, account_id, seq);
create index posting_of_account on posting (bucket, account_id, seq) where source <> 'use';
