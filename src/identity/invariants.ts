const BUCKET = `(get_byte(sha256(account_id::bytea), 0) << 2) + (get_byte(sha256(account_id::bytea), 1) >> 6)`

/** Who pays, who uses, and in which project. Queries as the audit runs them. */
export const identityInvariants: readonly { name: string; meaning: string; sql: string }[] = [
  {
    name: 'identity_bucket',
    meaning: 'Accounts, users, projects and members are kept in the bucket of their account.',
    sql: `
      select bucket, account_id, kind, id
      from (
        select bucket, account_id, 'account' as kind, account_id as id from account
        union all select bucket, account_id, 'user', user_id from users
        union all select bucket, account_id, 'project', project_id from project
        union all select bucket, account_id, 'member', user_id from member
      ) kept
      where bucket <> ${BUCKET}`,
  },
  {
    name: 'identity_account',
    meaning: 'Every user and every project belongs to an account.',
    sql: `
      select bucket, account_id, id
      from (
        select bucket, account_id, user_id as id from users
        union all select bucket, account_id, project_id from project
      ) owned
      left join (select bucket, account_id, true as found from account) a using (bucket, account_id)
      where a.found is null`,
  },
  {
    name: 'identity_unique',
    meaning: 'An id names one user or one project, in all accounts together.',
    sql: `
      select min(bucket) as bucket, min(account_id) as account_id, id, count(*) as times
      from (
        select bucket, account_id, user_id as id from users
        union all select bucket, account_id, project_id from project
      ) named
      group by id
      having count(*) > 1`,
  },
  {
    name: 'project_creator',
    meaning: 'A project has one creator, who is a user of the account that pays and is never removed.',
    sql: `
      select p.bucket, p.account_id, p.project_id, count(m.user_id) as creators, count(u.user_id) as of_the_account
      from project p
      left join member m on m.bucket = p.bucket and m.account_id = p.account_id and m.project_id = p.project_id and m.role = 'creator'
      left join users u on u.bucket = m.bucket and u.account_id = m.account_id and u.user_id = m.user_id
      group by p.bucket, p.account_id, p.project_id
      having count(m.user_id) <> 1 or count(u.user_id) <> 1 or count(m.removed_at) <> 0`,
  },
  {
    name: 'member_of_project',
    meaning: 'A member is a known user, in a project that is kept with the same account.',
    sql: `
      select m.bucket, m.account_id, m.project_id, m.user_id, p.project_id as found_project, u.user_id as found_user
      from member m
      left join project p on p.bucket = m.bucket and p.account_id = m.account_id and p.project_id = m.project_id
      left join (select distinct user_id from users) u on u.user_id = m.user_id
      where p.project_id is null or u.user_id is null`,
  },
  {
    name: 'sign_in_of_user',
    meaning:
      'Who signs in or is signed in is a known user, and the address of a password is that of its user in small letters.',
    sql: `
      select s.bucket, s.account_id, s.user_id, s.address
      from (
        select bucket, account_id, user_id, subject as address from sign_in_method where kind = 'password'
        union all select bucket, account_id, user_id, null from session
      ) s
      left join users u on u.bucket = s.bucket and u.account_id = s.account_id and u.user_id = s.user_id
      where u.user_id is null or s.address <> lower(u.email)`,
  },
]
