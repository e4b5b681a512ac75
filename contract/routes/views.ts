import { route } from '../route.ts'
import { accountId, instant, object, Type, viewId } from '../shape.ts'

const ACCOUNT = 'acct_01jz8w3v5x0000000000000001'

/** How staff look at an account as its owner does. */
export const view = route({
  method: 'POST',
  path: '/v1/accounts/{account_id}/views',
  scopes: ['staff'],
  staff: ['support', 'finance'],
  summary: 'Opens an account to be looked at as its owner sees it; who does, and why, stands in the staff log',
  description:
    'For an hour. Requests of the same caller with the header `X-Corehour-View: VIEW_ID` are then answered as to the owner, and whatever would change something is refused.',
  params: object({ account_id: accountId }),
  body: object({ reason: Type.String({ minLength: 1, maxLength: 500, pattern: '\\S' }) }),
  status: 201,
  response: object({ view_id: viewId, account_id: accountId, reason: Type.String(), expires_at: instant }),
  idempotency: 'stored',
  refusals: ['unknown_user'],
  example: {
    params: { account_id: ACCOUNT },
    body: { reason: 'Asked by the customer about a deduction' },
    response: {
      view_id: 'view_01jz8w3v5x0000000000000012',
      account_id: ACCOUNT,
      reason: 'Asked by the customer about a deduction',
      expires_at: '2026-01-01T01:02:00Z',
    },
  },
})
