-- A year of an account by day is 365 rows, written on as many days and so lying on as many pages. With the sums in the key itself
-- they are read from a few pages of the index alone. A row is written once a day at most, so the wider key costs next to nothing.
alter table bill_month drop constraint bill_month_pkey;
alter table bill_month add primary key (bucket, account_id, keyed_by, month, key, kind) include (amount, cash, granted, unpaid);
