-- What a wallet owed at its last plain deduction, in grains: written so that the statement's own RETURNING can tell the journal, since
-- PostgreSQL 15 returns no value of before. Read by nobody else.
alter table wallet add column owed bigint not null default 0;
