-- Staff look at the keys of one scope, newest first: the few of platforms among those of all customers.
create index api_key_by_scope on api_key (scope, key_id);
