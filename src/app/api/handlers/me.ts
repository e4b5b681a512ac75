import type { HandlersOf } from '../call.ts'
import type { Services } from '../services.ts'
import { instant } from '../show.ts'

export function meHandlers({ version }: Services): HandlersOf<'me'> {
  return {
    get: {
      async read(tx, { caller }) {
        return {
          key_id: caller.keyId,
          name: caller.name,
          scope: caller.scope,
          account_id: caller.accountId,
          user_id: caller.userId,
          sources: caller.sources,
          version,
          time_zone: tx.timeZone,
          now: instant(tx.now),
        }
      },
    },
  }
}
