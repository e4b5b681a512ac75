import { parseInstant, readCursor, Refusal, toPage, writeCursor, type Tx } from '../../../base/index.ts'
import { createKey, listKeys, revokeKey, stateOf, type ApiKey, type KeyInput } from '../../../identity/index.ts'
import type { Call, HandlersOf } from '../call.ts'
import { BadRequest } from '../problem.ts'
import type { Services } from '../services.ts'
import { instant, page } from '../show.ts'
import type { Routes } from '@corehour/contract'

const PAGE = 50

export function keyHandlers({ keyring }: Services): HandlersOf<'keys'> {
  return {
    create: {
      async act(tx, call) {
        const { key, secret } = await createKey(tx, inputOf(tx, call))
        return { key: show(tx, key), secret }
      },
    },
    list: {
      async read(tx, { caller, query }) {
        const limit = query.limit ?? PAGE
        const before = query.cursor === undefined ? undefined : readCursor(query.cursor, 1)[0]!
        const { scope, revoked } = query
        const filter = {
          ...(caller.userId !== null && { userId: caller.userId }),
          ...(scope !== undefined && { scope }),
          ...(revoked !== undefined && { revoked }),
        }
        const keys = await listKeys(tx, filter, { ...(before !== undefined && { before }), limit: limit + 1 })
        return page(
          toPage(keys, limit, (last) => writeCursor([last.keyId])),
          (key) => show(tx, key),
        )
      },
    },
    revoke: {
      async act(tx, { caller, params }) {
        const key = await revokeKey(tx, params.key_id, caller.userId ?? undefined)
        if (!key) throw new Refusal('not_found', { value: params.key_id })
        return show(tx, key)
      },
      done: () => keyring.forget(),
    },
  }
}

/** A customer makes keys of their own; staff say whose. */
function inputOf(tx: Tx, { caller, body }: Call<Routes['keys']['create']>): KeyInput {
  const expiresAt = endOf(tx, body)
  const common = { name: body.name, ...(expiresAt && { expiresAt }) }
  if (caller.scope === 'customer') {
    if (body.scope !== undefined && body.scope !== 'customer')
      throw new Refusal('forbidden', { scope: 'customer', needed: 'staff' })
    if (body.user_id !== undefined && body.user_id !== caller.userId)
      throw new Refusal('not_found', { value: body.user_id })
    return { ...common, scope: 'customer', userId: caller.userId! }
  }
  switch (body.scope) {
    case 'staff':
      return { ...common, scope: 'staff' }
    case 'platform':
      return { ...common, scope: 'platform', sources: body.sources ?? [] }
    case 'customer':
      if (body.user_id === undefined) throw new Refusal('bad_request', { detail: 'a customer key names its user_id' })
      return { ...common, scope: 'customer', userId: body.user_id }
    default:
      throw new Refusal('bad_request', { detail: 'scope is needed: customer, platform or staff' })
  }
}

/** When a key will end by itself, if it will. */
function endOf({ now }: Tx, body: Call<Routes['keys']['create']>['body']): Temporal.Instant | undefined {
  const { expires_at: at, valid_days: days } = body
  if (at !== undefined && days !== undefined)
    throw new BadRequest('valid_days', 'a key expires at expires_at or valid_days after it is made: name one')
  if (days !== undefined) return now.add({ hours: 24 * days })
  return at === undefined ? undefined : parseInstant(at)
}

function show({ now }: Tx, key: ApiKey) {
  return {
    key_id: key.keyId,
    name: key.name,
    scope: key.scope,
    state: stateOf(key, now),
    account_id: key.accountId,
    user_id: key.userId,
    sources: key.sources,
    created_at: instant(key.createdAt),
    expires_at: instant(key.expiresAt),
    revoked_at: instant(key.revokedAt),
    last_used_at: instant(key.lastUsedAt),
  }
}
