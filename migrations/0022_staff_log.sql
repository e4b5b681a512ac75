-- The staff log is looked at by who did something, and by what was done.
create index staff_action_by_actor on staff_action (key_id, action_id);
create index staff_action_by_route on staff_action (route, action_id);
