-- When a happening is reacted to: at once, or a while after that failed, so that one which can't be told holds up none of the others.
alter table happening add column due_at timestamptz;
update happening set due_at = at;
alter table happening alter column due_at set not null;
drop index happening_due;
create index happening_due on happening (due_at, happening_id) where reacted_at is null;
