import { route } from '../route.ts'
import {
  accountId,
  id,
  instant,
  object,
  oneOf,
  optional,
  orNull,
  page,
  pageOf,
  projectId,
  source,
  Type,
} from '../shape.ts'

const commandId = id('cmd')
const ACTIONS = ['stop', 'delete'] as const

export const command = object(
  {
    command_id: commandId,
    account_id: accountId,
    source,
    subject: Type.String({ description: "The platform's own name of the job or node" }),
    run: Type.Integer(),
    action: oneOf([...ACTIONS]),
    state: oneOf(
      ['asked', 'taken', 'done', 'refused'],
      'Done as soon as an event has ended the run; the charge ends then and not before',
    ),
    asked_by: Type.String({ description: 'A user, or a key of staff' }),
    asked_at: instant,
    taken_at: orNull(instant),
    ended_at: orNull(instant),
    note: orNull(Type.String({ description: 'Why the platform refused' })),
  },
  { title: 'Command' },
)

const COMMAND = {
  command_id: 'cmd_01jz8w3v5x000000000000000c',
  account_id: 'acct_01jz8w3v5x0000000000000001',
  source: 'lab',
  subject: 'node-1',
  run: 1,
  action: 'stop',
  state: 'asked',
  asked_by: 'user_01jz8w3v5x0000000000000002',
  asked_at: '2026-01-02T00:00:00Z',
  taken_at: null,
  ended_at: null,
  note: null,
} as const
const TAKEN = { ...COMMAND, state: 'taken', taken_at: '2026-01-02T00:00:01Z' } as const
const NOTE = 'It belongs to a reservation until Monday'

export const commands = {
  ask: route({
    method: 'POST',
    path: '/v1/spans/{span_id}/commands',
    scopes: ['customer', 'staff'],
    staff: ['support'],
    summary: 'Asks the platform to stop or delete what runs',
    description:
      'Whoever sees a span may ask: the account that pays, admins of the project, and the user whose job or node it is; in a project of another ' +
      "account with `project_id`, and staff with `account_id`. A wish only: the charge goes on until the platform's own event ends it. The same " +
      'asked again answers what stands. A job can be stopped, a node stopped or deleted.',
    params: object({ span_id: id('span') }),
    body: object({ action: oneOf([...ACTIONS]), account_id: optional(accountId), project_id: optional(projectId) }),
    status: 201,
    response: command,
    idempotency: 'stored',
    refusals: ['span_over', 'action_impossible'],
    example: {
      params: { span_id: 'span_01jz8w3v5x0000000000000008' },
      body: { action: 'stop' },
      response: COMMAND,
    },
  }),
  list: route({
    method: 'GET',
    path: '/v1/commands',
    scopes: ['platform'],
    summary: 'What a platform is asked to do and has not done yet, the oldest first',
    description:
      "Of the key's own sources. With `wait_seconds` a first page that would be empty is answered as soon as something is asked, or empty after so " +
      'long: a platform that asks `state=asked` again and again hears of each command at once, and needs no open port.',
    query: object({
      state: optional(oneOf(['asked', 'taken'])),
      wait_seconds: optional(Type.Integer({ minimum: 0, maximum: 25 })),
      ...page,
    }),
    status: 200,
    response: pageOf(command),
    idempotency: 'none',
    refusals: [],
    example: {
      query: { state: 'asked', wait_seconds: 25 },
      response: { data: [COMMAND], has_more: false, next_cursor: null },
    },
  }),
  take: route({
    method: 'POST',
    path: '/v1/commands/{command_id}/take',
    scopes: ['platform'],
    summary: 'The platform has heard it and obeys; its usage event then ends the charge, and the command',
    params: object({ command_id: commandId }),
    status: 200,
    response: command,
    idempotency: 'stored',
    refusals: ['command_over'],
    example: { params: { command_id: COMMAND.command_id }, response: TAKEN },
  }),
  refuse: route({
    method: 'POST',
    path: '/v1/commands/{command_id}/refuse',
    scopes: ['platform'],
    summary: 'The platform does not obey, and says why',
    params: object({ command_id: commandId }),
    body: object({ note: Type.String({ minLength: 1, maxLength: 1000 }) }),
    status: 200,
    response: command,
    idempotency: 'stored',
    refusals: ['command_over'],
    example: {
      params: { command_id: COMMAND.command_id },
      body: { note: NOTE },
      response: { ...COMMAND, state: 'refused', ended_at: '2026-01-02T00:00:01Z', note: NOTE },
    },
  }),
}
