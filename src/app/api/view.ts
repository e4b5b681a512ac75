import type { FastifyRequest } from 'fastify'
import { glance, Refusal, SYSTEM, type App } from '../../base/index.ts'
import { findOpenView } from '../../identity/index.ts'
import type { Caller } from './call.ts'

const HEADER = 'x-corehour-view'
const SAFE = new Set(['GET', 'HEAD'])

/**
 * Staff in a view that they opened: to every route they are the owner of the account, except that they may change nothing, whatever the
 * route. Everybody else, and who names no view, is who they are.
 * @throws Refusal not_found where it is not theirs, view_over, view_only.
 */
export async function viewAs(app: App, caller: Caller, { headers, method }: FastifyRequest): Promise<Caller> {
  const viewId = headers[HEADER]
  if (viewId === undefined) return caller
  if (typeof viewId !== 'string' || caller.scope !== 'staff') throw new Refusal('not_found', { value: String(viewId) })
  const view = await glance(app, SYSTEM, (tx) => findOpenView(tx, viewId, caller.keyId))
  const { accountId, accountName: name, userId, keyId } = view
  if (!SAFE.has(method)) throw new Refusal('view_only', { name })
  return { keyId, name, scope: 'customer', accountId, userId, sources: [], view }
}
