import { parseInstant, readCursor, Refusal, toPage, writeCursor } from '../../../base/index.ts'
import { createKey, listKeys, revokeKey, type ApiKey, type KeyInput } from '../../../identity/index.ts'
import type { Call, HandlersOf } from '../call.ts'
import type { Services } from '../services.ts'
import { instant, page } from '../show.ts'
import type { Routes } from '@corehour/contract'

const PAGE = 50

export function keyHandlers({ keyring }: Services): HandlersOf<'keys'> {
  return {
    create: {
      async act(tx, call) {
        const { key, secret } = await createKey(tx, inputOf(call))
        return { key: show(key), secret }
      },
    },
    list: {
      async read(tx, { caller, query }) {
        const limit = query.limit ?? PAGE
        const before = query.cursor === undefined ? undefined : readCursor(query.cursor, 1)[0]!
        const keys = await listKeys(tx, {
          ...(caller.userId !== null && { userId: caller.userId }),
          ...(before !== undefined && { before }),
          limit: limit + 1,
        })
        return page(
          toPage(keys, limit, (last) => writeCursor([last.keyId])),
          show,
        )
      },
    },
    revoke: {
      async act(tx, { caller, params }) {
        const key = await revokeKey(tx, params.key_id, caller.userId ?? undefined)
        if (!key) throw new Refusal('not_found', { value: params.key_id })
        return show(key)
      },
      done: () => keyring.forget(),
    },
  }
}

/** A customer makes keys of their own; staff say whose. */
function inputOf({ caller, body }: Call<Routes['keys']['create']>): KeyInput {
  const common = { name: body.name, ...(body.expires_at && { expiresAt: parseInstant(body.expires_at) }) }
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

function show(key: ApiKey) {
  return {
    key_id: key.keyId,
    name: key.name,
    scope: key.scope,
    account_id: key.accountId,
    user_id: key.userId,
    sources: key.sources,
    created_at: instant(key.createdAt),
    expires_at: instant(key.expiresAt),
    revoked_at: instant(key.revokedAt),
    last_used_at: instant(key.lastUsedAt),
  }
}
