import { route, STAFF_ROLES } from '../route.ts'
import {
  accountId,
  currency,
  email,
  instant,
  name,
  object,
  oneOf,
  optional,
  orNull,
  page,
  pageOf,
  projectId,
  Type,
  userId,
} from '../shape.ts'

const ACCOUNT = 'acct_01jz8w3v5x0000000000000001'
const USER = 'user_01jz8w3v5x0000000000000002'
const PROJECT = 'proj_01jz8w3v5x0000000000000003'

const staffRole = Type.Union([oneOf(STAFF_ROLES), Type.Null()], {
  description: 'Of the people who run Corehour; null for all others',
})

export const user = object(
  {
    user_id: userId,
    account_id: accountId,
    name,
    email: orNull(email),
    staff_role: staffRole,
    created_at: instant,
  },
  { title: 'User' },
)
const USER_SHOWN = {
  user_id: USER,
  account_id: ACCOUNT,
  name: 'Ada Lovelace',
  email: 'ada@example.org',
  staff_role: null,
  created_at: '2026-01-01T00:00:00Z',
}

export const users = {
  create: route({
    method: 'POST',
    path: '/v1/users',
    scopes: ['platform', 'staff'],
    summary: 'Adds a user, with an account of their own, or to an account that stands',
    description:
      'Without `account_id` an account is opened under the name of the user; `currency` is then that of its books, for good.',
    body: object({
      name,
      email: optional(email),
      account_id: optional(accountId),
      currency: optional(currency),
    }),
    status: 201,
    response: user,
    idempotency: 'stored',
    refusals: ['bad_name', 'unknown_account', 'wrong_currency'],
    example: { body: { name: 'Ada Lovelace', email: 'ada@example.org' }, response: USER_SHOWN },
  }),
  find: route({
    method: 'GET',
    path: '/v1/users',
    scopes: ['platform', 'staff'],
    summary: 'Users by name or e-mail, or those of an account',
    description:
      'The first hundred who have exactly this name, or this e-mail address in capital or small letters, or who belong to the account: one of the two is named.',
    query: object({
      search: optional(Type.String({ minLength: 1, maxLength: 254 })),
      account_id: optional(accountId),
    }),
    status: 200,
    response: object({ data: Type.Array(user) }),
    idempotency: 'none',
    refusals: [],
    example: { query: { search: 'ada@example.org' }, response: { data: [USER_SHOWN] } },
  }),
  get: route({
    method: 'GET',
    path: '/v1/users/{user_id}',
    scopes: ['customer', 'platform', 'staff'],
    summary: 'A user; a customer sees those of the own account and projects',
    description:
      'Customers see the e-mail addresses of users of their own account, and of those in projects that they created or are admin of; others are null.',
    params: object({ user_id: userId }),
    status: 200,
    response: user,
    idempotency: 'none',
    refusals: [],
    example: { params: { user_id: USER }, response: USER_SHOWN },
  }),
  setStaffRole: route({
    method: 'PATCH',
    path: '/v1/users/{user_id}',
    scopes: ['staff'],
    summary: 'Gives a user a role among the staff, or takes it',
    description: 'What the user may do changes, so every session of the user ends.',
    params: object({ user_id: userId }),
    body: object({ staff_role: staffRole }),
    status: 200,
    response: user,
    idempotency: 'none',
    refusals: [],
    example: {
      params: { user_id: USER },
      body: { staff_role: 'finance' },
      response: { ...USER_SHOWN, staff_role: 'finance' },
    },
  }),
}

const role = oneOf(['creator', 'admin', 'member'])

export const project = object(
  {
    project_id: projectId,
    account_id: Type.Intersect([accountId], { description: "Who pays: the creator's account" }),
    name,
    role: Type.Union([role, Type.Null()], {
      description: 'Of the customer who asks, or of the user whose projects are listed; otherwise null',
    }),
    created_at: instant,
    deleted_at: orNull(instant),
  },
  { title: 'Project' },
)
const PROJECT_SHOWN = {
  project_id: PROJECT,
  account_id: ACCOUNT,
  name: 'Protein folding',
  role: 'creator',
  created_at: '2026-01-01T00:00:00Z',
  deleted_at: null,
} as const

export const member = object(
  {
    user_id: userId,
    role,
    name,
    email: Type.Union([email, Type.Null()], {
      description: 'Null where there is none, or it is not shown to the caller',
    }),
    joined_at: instant,
    removed_at: orNull(instant),
  },
  { title: 'Member' },
)
const MEMBER_SHOWN = {
  user_id: 'user_01jz8w3v5x000000000000000d',
  role: 'member',
  name: 'Charles Babbage',
  email: 'charles@example.org',
  joined_at: '2026-01-02T00:00:00Z',
  removed_at: null,
} as const

const ofProject = object({ project_id: projectId })
const ofMember = object({ project_id: projectId, user_id: userId })

export const projects = {
  create: route({
    method: 'POST',
    path: '/v1/projects',
    scopes: ['customer', 'platform', 'staff'],
    summary: "Creates a project; its creator's account pays for all use in it",
    body: object({
      name,
      creator: optional(
        Type.Intersect([userId], { description: "A customer's own user where left out; platforms and staff name one" }),
      ),
    }),
    status: 201,
    response: project,
    idempotency: 'stored',
    refusals: ['bad_name', 'unknown_user'],
    example: { body: { name: 'Protein folding' }, response: PROJECT_SHOWN },
  }),
  list: route({
    method: 'GET',
    path: '/v1/projects',
    scopes: ['customer', 'platform', 'staff'],
    summary: 'Projects that a user created, or takes part in; deleted ones among them',
    description: 'The oldest first. Customers see their own; platforms and staff name the `user_id`.',
    query: object({
      user_id: optional(userId),
      view: optional(oneOf(['created', 'joined'], 'created where left out; joined: as admin or member')),
      search: optional(
        Type.String({
          minLength: 1,
          maxLength: 200,
          description: 'A part of the name, small and capital letters alike',
        }),
      ),
      ...page,
    }),
    status: 200,
    response: pageOf(project),
    idempotency: 'none',
    refusals: ['unknown_user'],
    example: { query: { view: 'created' }, response: { data: [PROJECT_SHOWN], has_more: false, next_cursor: null } },
  }),
  get: route({
    method: 'GET',
    path: '/v1/projects/{project_id}',
    scopes: ['customer', 'platform', 'staff'],
    summary: 'A project',
    description: 'A customer sees those that the user created or takes part in; after leaving or removal no more.',
    params: ofProject,
    status: 200,
    response: project,
    idempotency: 'none',
    refusals: [],
    example: { params: { project_id: PROJECT }, response: PROJECT_SHOWN },
  }),
  remove: route({
    method: 'DELETE',
    path: '/v1/projects/{project_id}',
    scopes: ['customer', 'platform', 'staff'],
    summary: 'Deletes a project: what runs in it ends now; its bills stay',
    description: 'Only its creator, among customers. A second time changes nothing.',
    params: ofProject,
    status: 200,
    response: project,
    idempotency: 'none',
    refusals: ['role_needed'],
    example: {
      params: { project_id: PROJECT },
      response: { ...PROJECT_SHOWN, deleted_at: '2026-03-01T00:00:00Z' },
    },
  }),
  members: route({
    method: 'GET',
    path: '/v1/projects/{project_id}/members',
    scopes: ['customer', 'platform', 'staff'],
    summary: 'Who takes part in a project, and who did',
    description:
      'Removed ones among them, with `removed_at`: bills name them. Among customers only the creator and admins see e-mail addresses of users ' +
      'of other accounts.',
    params: ofProject,
    query: object(page),
    status: 200,
    response: pageOf(member),
    idempotency: 'none',
    refusals: [],
    example: {
      params: { project_id: PROJECT },
      response: { data: [MEMBER_SHOWN], has_more: false, next_cursor: null },
    },
  }),
  addMember: route({
    method: 'POST',
    path: '/v1/projects/{project_id}/members',
    scopes: ['customer', 'platform', 'staff'],
    summary: 'Adds a member, or an admin who may add members too',
    description:
      "Among customers only the project's creator and admins. The user is named by `user_id` or by `email`, one of the two. Who was removed is " +
      'taken in again.',
    params: ofProject,
    body: object({
      user_id: optional(userId),
      email: optional(email),
      role: oneOf(['admin', 'member']),
    }),
    status: 201,
    response: member,
    idempotency: 'stored',
    refusals: ['unknown_user', 'already_member', 'project_deleted', 'ambiguous_user', 'role_needed'],
    example: {
      params: { project_id: PROJECT },
      body: { email: 'charles@example.org', role: 'member' },
      response: MEMBER_SHOWN,
    },
  }),
  setRole: route({
    method: 'PATCH',
    path: '/v1/projects/{project_id}/members/{user_id}',
    scopes: ['customer', 'platform', 'staff'],
    summary: "Changes a member's role",
    description: "Among customers only the project's creator and admins.",
    params: ofMember,
    body: object({ role: oneOf(['admin', 'member']) }),
    status: 200,
    response: member,
    idempotency: 'none',
    refusals: ['not_a_member', 'creator_stays', 'project_deleted', 'role_needed'],
    example: {
      params: { project_id: PROJECT, user_id: MEMBER_SHOWN.user_id },
      body: { role: 'admin' },
      response: { ...MEMBER_SHOWN, role: 'admin' },
    },
  }),
  removeMember: route({
    method: 'DELETE',
    path: '/v1/projects/{project_id}/members/{user_id}',
    scopes: ['customer', 'platform', 'staff'],
    summary: 'Removes a member; what runs goes on and is charged',
    description:
      "Among customers only the project's creator and admins; others may leave by themselves. A second time changes nothing.",
    params: ofMember,
    status: 200,
    response: member,
    idempotency: 'none',
    refusals: ['not_a_member', 'creator_stays', 'role_needed'],
    example: {
      params: { project_id: PROJECT, user_id: MEMBER_SHOWN.user_id },
      response: { ...MEMBER_SHOWN, removed_at: '2026-03-01T00:00:00Z' },
    },
  }),
}

export const names = {
  list: route({
    method: 'GET',
    path: '/v1/names',
    scopes: ['customer', 'staff'],
    summary: 'What projects and users that stand on a bill are called',
    description:
      'Those that the caller may see, as in `/v1/projects/{project_id}` and `/v1/users/{user_id}`; others are left out. Up to a hundred of each at once.',
    query: object({
      project_id: optional(Type.Array(projectId, { maxItems: 100 })),
      user_id: optional(Type.Array(userId, { maxItems: 100 })),
    }),
    status: 200,
    response: object({
      projects: Type.Array(object({ project_id: projectId, name })),
      users: Type.Array(object({ user_id: userId, name })),
    }),
    idempotency: 'none',
    refusals: [],
    example: {
      query: { project_id: [PROJECT], user_id: [USER] },
      response: {
        projects: [{ project_id: PROJECT, name: PROJECT_SHOWN.name }],
        users: [{ user_id: USER, name: USER_SHOWN.name }],
      },
    },
  }),
}
