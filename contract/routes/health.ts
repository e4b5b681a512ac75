import { route } from '../route.ts'
import { instant, money, object, oneOf, orNull, Type } from '../shape.ts'

const count = Type.Integer({ minimum: 0 })
const seconds = Type.Integer({ minimum: 0, description: 'Seconds; 0 where nothing is owed' })

const queue = object(
  { waiting: count, since: orNull(Type.Intersect([instant], { description: 'Of the oldest that waits' })) },
  { title: 'Queue' },
)

/** What may be wrong with a server and its books. */
export const TROUBLES = [
  'deduction',
  'attribution',
  'no_worker',
  'silent_workers',
  'happenings',
  'notices',
  'looks',
  'mails',
  'mails_failed',
  'no_mail_server',
  'exports',
  'parked',
  'disputes',
] as const

const trouble = object(
  {
    code: oneOf(TROUBLES),
    urgent: Type.Boolean({ description: 'Money or trust is at stake now; the rest can wait for a working day' }),
    count,
    since: orNull(instant),
  },
  { title: 'Trouble' },
)

const worker = object(
  {
    worker_id: Type.String(),
    host: Type.String(),
    pid: count,
    version: Type.String(),
    started_at: instant,
    beat_at: Type.Intersect([instant], { description: 'When it last said that it lives' }),
    silent: Type.Boolean({ description: 'It has said nothing for a minute' }),
  },
  { title: 'Worker' },
)

const health_ = object(
  {
    as_of: instant,
    version: Type.String({ description: "The server's version" }),
    troubles: Type.Array(trouble, { description: 'What somebody should put right, the urgent first' }),
    deduction: object({ lag: seconds, running: count, in_arrears: count }),
    attribution: object({ lag: seconds, unattributed: Type.Array(money) }),
    queues: object({
      happenings: queue,
      notices: queue,
      looks: queue,
      mails: queue,
      exports: queue,
      parked: queue,
      disputes: queue,
    }),
    parked: Type.Array(object({ code: Type.String({ examples: ['unknown_project'] }), events: count })),
    orders_open: count,
    exports_running: count,
    mail: object({
      has_server: Type.Boolean({ description: 'Without one, mail stays in the outbox' }),
      failed: Type.Integer({ minimum: 0, description: 'Refused or given up, in a month' }),
      failed_today: Type.Integer({ minimum: 0, description: 'The same, in 24 hours' }),
    }),
    workers: Type.Array(worker),
    database: object({
      version: Type.String({ examples: ['18.4'] }),
      bytes: count,
      connections: count,
      most_connections: count,
    }),
  },
  { title: 'Health' },
)

const NONE = { waiting: 0, since: null }

export const health = {
  get: route({
    method: 'GET',
    path: '/v1/health',
    scopes: ['staff'],
    summary: 'How the books and what works on them stand: what is late, what waits, and what to look at',
    description:
      'The figures of /metrics in one picture, judged. `looks`: top-up orders for which a gateway is to be asked; `happenings`: what nobody has been told of yet; ' +
      '`parked`: usage events that name what is not there.',
    status: 200,
    response: health_,
    idempotency: 'none',
    refusals: [],
    example: {
      response: {
        as_of: '2026-01-01T00:02:00Z',
        version: '0.1.0',
        troubles: [{ code: 'disputes', urgent: false, count: 1, since: '2026-01-01T00:01:00Z' }],
        deduction: { lag: 120, running: 1, in_arrears: 0 },
        attribution: { lag: 0, unattributed: [] },
        queues: {
          ...{ happenings: NONE, notices: NONE, looks: NONE, mails: NONE, exports: NONE, parked: NONE },
          disputes: { waiting: 1, since: '2026-01-01T00:01:00Z' },
        },
        parked: [],
        orders_open: 2,
        exports_running: 0,
        mail: { has_server: true, failed: 0, failed_today: 0 },
        workers: [
          {
            worker_id: 'wrk_01jz8w3v5x000000000000000f',
            host: 'billing-1',
            pid: 4711,
            version: '0.1.0',
            started_at: '2026-01-01T00:00:00Z',
            beat_at: '2026-01-01T00:01:58Z',
            silent: false,
          },
        ],
        database: { version: '18.4', bytes: 12_000_000, connections: 9, most_connections: 100 },
      },
    },
  }),
}
