import { ACTIONS, type Action } from '@corehour/contract'
import { bucketOf, newId, Refusal, type Tx } from '../../base/index.ts'
import { lockWallets } from '../../wallet/index.ts'
import type { SpanFilter } from '../spans.ts'
import { findSpan } from '../spanStore.ts'
import { readOpenSpans } from '../store.ts'
import { insertCommand, readOpen, type Command } from './store.ts'

/**
 * Asks the platform of a span among `filter` to stop or delete its resource. The charge goes on until the platform's own event ends it.
 * What is asked already stands as it was asked; a span that was resized meanwhile stands for what runs now.
 * @throws Refusal not_found, action_impossible, span_over.
 */
export async function askCommand(
  tx: Tx,
  filter: SpanFilter,
  { spanId, action, askedBy }: { spanId: string; action: Action; askedBy: string },
): Promise<Command> {
  const { accountId } = filter
  const bucket = bucketOf(accountId)
  // The event that ends the span waits for the same lock: nothing stays asked of what has ended.
  await lockWallets(tx, [{ bucket, accountId }])
  const span = await findSpan(tx, filter, spanId)
  if (!span) throw new Refusal('not_found', { value: spanId })
  const { source, subject, run, kind } = span
  const possible: readonly Action[] = ACTIONS[kind]
  if (!possible.includes(action))
    throw new Refusal('action_impossible', { kind, action, possible: possible.join(' or ') || '-' })
  const resource = { bucket, accountId, source, subject }
  const [open] = await readOpenSpans(tx, [resource])
  if (open?.run !== run) throw new Refusal('span_over', { value: subject, at: span.endedAt?.toString() })
  const standing = await readOpen(tx, resource, action)
  if (standing) return standing
  const command: Command = {
    ...resource,
    commandId: newId('cmd', tx.now),
    run,
    action,
    askedBy,
    askedAt: tx.now,
    state: 'asked',
    takenAt: null,
    endedAt: null,
    note: null,
  }
  await insertCommand(tx, command)
  return command
}
