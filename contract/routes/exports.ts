import { route } from '../route.ts'
import { billFilter, id, instant, object, oneOf, orNull, page, pageOf, Type } from '../shape.ts'

const exportId = id('exp')
const FORMATS = ['csv', 'xlsx', 'jsonl'] as const

export const exportJob = object(
  {
    export_id: exportId,
    format: oneOf([...FORMATS]),
    state: oneOf(['queued', 'running', 'done', 'failed']),
    rows: Type.Integer({ description: 'Written so far' }),
    bytes: orNull(Type.Integer()),
    file_name: Type.String({ description: 'What the file is called when it is fetched: the days it covers' }),
    created_at: instant,
    finished_at: orNull(instant),
    kept_until: orNull({ ...instant, description: 'When the file is deleted; null where there is none' }),
    url: orNull(
      Type.String({ description: 'Signed anew at each look; whoever has it may read the file until expires_at' }),
    ),
    expires_at: orNull(instant),
  },
  { title: 'Export' },
)
const EXPORT = {
  export_id: 'exp_01jz8w3v5x000000000000000a',
  format: 'csv',
  state: 'queued',
  rows: 0,
  bytes: null,
  file_name: 'bill-2026-01-01-2026-02-01.csv',
  created_at: '2026-02-01T00:00:00Z',
  finished_at: null,
  kept_until: null,
  url: null,
  expires_at: null,
} as const

export const exports = {
  create: route({
    method: 'POST',
    path: '/v1/exports',
    scopes: ['customer', 'staff'],
    staff: ['support', 'finance'],
    summary: 'Asks for a detailed bill as a file: every span and charge with its times, price and who paid',
    description:
      'Answers at once; follow it by its id until it is done, then fetch `url`. Any size; the columns add up to the totals of the same filter. ' +
      "CSV and JSON Lines have instants in UTC, a workbook has them as the operator's clock showed them, to sort and group by. At most 20 of " +
      'one caller wait or run at once.',
    body: object({
      format: oneOf([...FORMATS]),
      ...billFilter,
    }),
    status: 202,
    response: exportJob,
    idempotency: 'stored',
    refusals: ['too_many_exports'],
    example: { body: { format: 'csv', from: '2026-01-01', to: '2026-02-01' }, response: EXPORT },
  }),
  get: route({
    method: 'GET',
    path: '/v1/exports/{export_id}',
    scopes: ['customer', 'staff'],
    summary: 'How far an export is, and where its file lies',
    params: object({ export_id: exportId }),
    status: 200,
    response: exportJob,
    idempotency: 'none',
    refusals: [],
    example: { params: { export_id: EXPORT.export_id }, response: EXPORT },
  }),
  list: route({
    method: 'GET',
    path: '/v1/exports',
    scopes: ['customer', 'staff'],
    summary: 'Exports that this caller asked for, newest first',
    query: object(page),
    status: 200,
    response: pageOf(exportJob),
    idempotency: 'none',
    refusals: [],
    example: { response: { data: [EXPORT], has_more: false, next_cursor: null } },
  }),
}
