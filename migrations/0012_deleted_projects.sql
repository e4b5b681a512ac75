-- Every batch of usage asks which of its projects are deleted: hardly any, and this index holds no others.
create index project_deleted on project (project_id) where deleted_at is not null;
