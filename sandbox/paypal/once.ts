import { createHash } from 'node:crypto'
import type { Outcome } from '../answer.ts'
import { nowOf, type Stand } from '../stand.ts'
import { refuse } from './calls.ts'

/**
 * Does a thing once for a PayPal-Request-Id: the same request again is told how what it made stands now. What failed may be tried
 * again under the same id.
 */
export function once(
  stand: Stand,
  requestId: string | undefined,
  request: string,
  work: () => Outcome,
  tell: (made: string) => Outcome,
): Outcome {
  if (!requestId) return work()
  const fingerprint = createHash('sha256').update(request).digest('hex')
  const before = stand.store.answered(requestId)
  if (before && before.fingerprint !== fingerprint)
    return refuse(422, 'DUPLICATE_REQUEST_ID', 'The value of PayPal-Request-Id header has already been used.')
  if (before) return tell(before.made)
  const outcome = work()
  if (outcome.status < 300) {
    const { id } = outcome.body as { id: string }
    stand.store.put('answered', { requestId, fingerprint, made: id, at: nowOf(stand) })
  }
  return outcome
}
