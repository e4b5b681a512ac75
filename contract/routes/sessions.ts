import { route, STAFF_ROLES } from '../route.ts'
import {
  accountId,
  email,
  instant,
  language,
  name,
  object,
  oneOf,
  optional,
  orNull,
  sessionId,
  Type,
  userId,
  viewId,
} from '../shape.ts'

const ACCOUNT = 'acct_01jz8w3v5x0000000000000001'
const USER = 'user_01jz8w3v5x0000000000000002'
const SESSION = 'sess_01jz8w3v5x0000000000000010'
const TOKEN = 'corehour_link_00000000000000000000000000000000000000000000000000'

/** How long one may be is said by a refusal in words. */
const password = Type.String({ minLength: 1, maxLength: 1000, description: '10 to 200 characters' })
const token = Type.String({ minLength: 1, maxLength: 200, description: "What stands behind the # of the mail's link" })

const me_ = object(
  {
    key_id: orNull(Type.String({ description: 'Of a key; null for who is signed in' })),
    session_id: orNull(sessionId),
    name: Type.String({ description: "The key's, or the person's" }),
    scope: oneOf(['customer', 'platform', 'staff']),
    account_id: orNull(accountId),
    user_id: orNull(userId),
    email: orNull(email),
    language: orNull(language),
    staff_role: orNull(oneOf(STAFF_ROLES)),
    view: orNull(
      object(
        { view_id: viewId, account_name: name, staff_name: Type.String(), reason: Type.String(), expires_at: instant },
        { description: 'Staff who look, and not the owner: nothing can be changed' },
      ),
    ),
    sources: Type.Array(Type.String()),
    version: Type.String({ description: "The server's version" }),
    time_zone: Type.String({ description: 'In which days and months are reckoned' }),
    now: instant,
  },
  { title: 'Me' },
)
const ME_SHOWN = {
  key_id: null,
  session_id: SESSION,
  name: 'Ada Lovelace',
  scope: 'customer',
  account_id: ACCOUNT,
  user_id: USER,
  email: 'ada@example.org',
  language: 'en',
  staff_role: null,
  view: null,
  sources: [],
  version: '0.1.0',
  time_zone: 'Asia/Shanghai',
  now: '2026-01-01T00:02:00Z',
} as const

export const me = {
  get: route({
    method: 'GET',
    path: '/v1/me',
    scopes: ['customer', 'platform', 'staff'],
    summary: 'Who asks, and what the server is',
    description:
      'Of a person who is signed in: name, address, language and role. Staff have no account here: they see all of them.',
    status: 200,
    response: me_,
    idempotency: 'none',
    refusals: [],
    example: { response: ME_SHOWN },
  }),
  update: route({
    method: 'PATCH',
    path: '/v1/me',
    scopes: ['customer', 'staff'],
    people: true,
    summary: 'Changes the own name, language or address',
    description:
      'Another `email` needs the `password` too. It counts once it is confirmed by the link that is mailed to it; until then the answer has the one of before.',
    body: object({
      name: optional(name),
      language: optional(language),
      email: optional(email),
      password: optional(password),
    }),
    status: 200,
    response: me_,
    idempotency: 'none',
    secret: ['password'],
    refusals: ['bad_name', 'bad_email', 'wrong_password', 'too_many_attempts'],
    example: { body: { language: 'en' }, response: ME_SHOWN },
  }),
}

export const session = object(
  {
    session_id: sessionId,
    device: Type.String({ description: 'As the browser names itself' }),
    address: Type.String({ description: 'Of the network, when it was signed in' }),
    created_at: instant,
    last_seen_at: Type.Intersect([instant], { description: 'To five minutes' }),
    expires_at: instant,
    current: Type.Boolean({ description: 'Whether it is the one that asks' }),
  },
  { title: 'Session' },
)
const SESSION_SHOWN = {
  session_id: SESSION,
  device: 'Mozilla/5.0 (X11; Linux x86_64; rv:149.0) Gecko/20100101 Firefox/149.0',
  address: '203.0.113.7',
  created_at: '2026-01-01T00:00:00Z',
  last_seen_at: '2026-01-01T00:00:00Z',
  expires_at: '2026-01-31T00:00:00Z',
  current: true,
}

const mailed = object({ email: Type.String({ description: 'Where a mail goes to, if it can' }) })

export const signUp = {
  create: route({
    method: 'POST',
    path: '/v1/sign-up',
    scopes: [],
    summary: 'Asks to be taken in: a mail with a link goes to the address',
    description:
      'The answer is the same whether the address is known or not; the mail tells. User and account are opened when the link is confirmed, within 24 hours.',
    body: object({ name, email, password, language: optional(language) }),
    status: 202,
    response: mailed,
    idempotency: 'none',
    secret: ['password'],
    refusals: ['bad_name', 'bad_email', 'bad_password', 'common_password', 'too_many_attempts', 'foreign_origin'],
    example: {
      body: { name: 'Ada Lovelace', email: 'ada@example.org', password: 'a difference engine' },
      response: { email: 'ada@example.org' },
    },
  }),
  confirm: route({
    method: 'POST',
    path: '/v1/confirmations',
    scopes: [],
    summary: 'Confirms an address, and signs in',
    description:
      'Takes the token of the mailed link and the password: of the sign-up, or of the person whose address changes. So a link that a stranger had sent opens nothing. ' +
      "Once; the session's cookie is in the answer's headers.",
    body: object({ token, password }),
    status: 201,
    response: session,
    idempotency: 'none',
    secret: ['token', 'password'],
    refusals: ['link_spent', 'wrong_password', 'too_many_attempts', 'foreign_origin'],
    example: { body: { token: TOKEN, password: 'a difference engine' }, response: SESSION_SHOWN },
  }),
}

export const sessions = {
  create: route({
    method: 'POST',
    path: '/v1/sessions',
    scopes: [],
    summary: "Signs in; the session's cookie is in the answer's headers",
    description:
      'A session that this browser had before ends. It lasts 30 days, or 7 without being used; for staff a day, or an hour.',
    body: object({ email, password }),
    status: 201,
    response: session,
    idempotency: 'none',
    secret: ['password'],
    refusals: ['wrong_password', 'too_many_attempts', 'foreign_origin'],
    example: { body: { email: 'ada@example.org', password: 'a difference engine' }, response: SESSION_SHOWN },
  }),
  current: route({
    method: 'GET',
    path: '/v1/sessions/current',
    scopes: [],
    summary: 'Who is signed in here, or nobody',
    description: 'Where `me` is refused to nobody, this answers null: a page asks it first, and nothing has failed.',
    status: 200,
    response: object({ me: orNull(me_) }),
    idempotency: 'none',
    refusals: [],
    example: { response: { me: ME_SHOWN } },
  }),
  list: route({
    method: 'GET',
    path: '/v1/sessions',
    scopes: ['customer', 'staff'],
    people: true,
    summary: 'Where one is signed in, the newest first',
    status: 200,
    response: object({ data: Type.Array(session) }),
    idempotency: 'none',
    refusals: [],
    example: { response: { data: [SESSION_SHOWN] } },
  }),
  endCurrent: route({
    method: 'DELETE',
    path: '/v1/sessions/current',
    scopes: ['customer', 'staff'],
    people: true,
    summary: 'Signs out',
    status: 200,
    response: object({ ended: Type.Boolean() }),
    idempotency: 'none',
    refusals: [],
    example: { response: { ended: true } },
  }),
  endOthers: route({
    method: 'DELETE',
    path: '/v1/sessions',
    scopes: ['customer', 'staff'],
    people: true,
    summary: 'Ends all of the own sessions but the one that asks',
    status: 200,
    response: object({ ended: Type.Boolean() }),
    idempotency: 'none',
    refusals: [],
    example: { response: { ended: true } },
  }),
  end: route({
    method: 'DELETE',
    path: '/v1/sessions/{session_id}',
    scopes: ['customer', 'staff'],
    people: true,
    summary: 'Ends one of the own sessions, at once',
    params: object({ session_id: sessionId }),
    status: 200,
    response: object({ ended: Type.Boolean() }),
    idempotency: 'none',
    refusals: [],
    example: { params: { session_id: SESSION }, response: { ended: true } },
  }),
}

export const passwords = {
  askReset: route({
    method: 'POST',
    path: '/v1/password-resets',
    scopes: [],
    summary: 'Asks for a link by mail with which a password can be set',
    description:
      'The answer is the same whether the address is known or not. It serves the first password too, of a user whom staff or a platform have made.',
    body: object({ email }),
    status: 202,
    response: mailed,
    idempotency: 'none',
    refusals: ['bad_email', 'too_many_attempts', 'foreign_origin'],
    example: { body: { email: 'ada@example.org' }, response: { email: 'ada@example.org' } },
  }),
  reset: route({
    method: 'POST',
    path: '/v1/password-resets/confirm',
    scopes: [],
    summary: 'Sets a password by the mailed link, and ends every session',
    description: 'Once, within an hour. Sign in with it then.',
    body: object({ token, password }),
    status: 200,
    response: object({ changed: Type.Boolean() }),
    idempotency: 'none',
    secret: ['token', 'password'],
    refusals: ['link_spent', 'bad_password', 'common_password', 'too_many_attempts', 'foreign_origin'],
    example: { body: { token: TOKEN, password: 'an analytical engine' }, response: { changed: true } },
  }),
  change: route({
    method: 'POST',
    path: '/v1/me/password',
    scopes: ['customer', 'staff'],
    people: true,
    summary: 'Changes the own password, and ends all other sessions',
    body: object({ password, new_password: password }),
    status: 200,
    response: object({ changed: Type.Boolean() }),
    idempotency: 'none',
    secret: ['password', 'new_password'],
    refusals: ['wrong_password', 'bad_password', 'common_password', 'too_many_attempts'],
    example: {
      body: { password: 'a difference engine', new_password: 'an analytical engine' },
      response: { changed: true },
    },
  }),
}
