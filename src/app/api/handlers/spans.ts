import { bucketOf, Refusal, type Tx } from '../../../base/index.ts'
import { findMember, findProject } from '../../../identity/index.ts'
import { reckonSpan, spans, type Span, type SpanFilter } from '../../../metering/index.ts'
import { readWallets } from '../../../wallet/index.ts'
import type { Routes } from '@corehour/contract'
import { accountOf, type Call, type HandlersOf } from '../call.ts'
import { instant, money, page, perHour } from '../show.ts'

const PAGE = 50

export const spanHandlers: HandlersOf<'spans'> = {
  list: {
    async read(tx, call) {
      const { limit = PAGE, cursor, running } = call.query
      const filter = await filterOf(tx, call)
      const { accountId } = filter
      const [wallet] = await readWallets(tx, [{ bucket: bucketOf(accountId), accountId }])
      if (!wallet) throw new Refusal('not_found', { value: accountId })
      const found = await spans(
        tx,
        { ...filter, ...(running !== undefined && { running }) },
        { limit, ...(cursor !== undefined && { cursor }) },
      )
      return page(found, (span) => show(wallet.currency, span, tx.now))
    },
  },
}

/**
 * Which spans the caller may see of what is asked for. A project says by itself whose account it is; in one of another account a customer
 * who is its admin sees all, everybody else who is or was in it what they used themselves.
 * @throws Refusal not_found, bad_request where neither an account nor a project is named.
 */
async function filterOf(tx: Tx, { caller, query }: Call<Routes['spans']['list']>): Promise<SpanFilter> {
  const { account_id: named, project_id: projectId, user_id: userId } = query
  const project = projectId === undefined ? undefined : await findProject(tx, projectId)
  if (projectId !== undefined && !project) throw new Refusal('not_found', { value: projectId })
  if (!project) return { accountId: accountOf(caller, named), ...(userId !== undefined && { userId }) }
  const { accountId } = project
  const filter = { accountId, projectId: project.projectId, ...(userId !== undefined && { userId }) }
  if (named !== undefined && accountOf(caller, named) !== accountId)
    throw new Refusal('not_found', { value: projectId })
  if (caller.scope !== 'customer' || accountId === caller.accountId) return filter
  const member = await findMember(tx, project, caller.userId!)
  if (!member) throw new Refusal('not_found', { value: projectId })
  if (member.role !== 'member' && !member.removedAt) return filter
  // Others' use is not theirs to see: asked for by name it is as if nobody of that name used anything.
  if (userId !== undefined && userId !== caller.userId) throw new Refusal('not_found', { value: userId })
  return { ...filter, userId: caller.userId! }
}

function show(currency: string, span: Span, now: Temporal.Instant) {
  const { seconds, cost } = reckonSpan(span, now)
  return {
    span_id: span.spanId,
    account_id: span.accountId,
    project_id: span.projectId,
    user_id: span.userId,
    kind: span.kind,
    sku: span.sku,
    price_id: span.priceId,
    source: span.source,
    subject: span.subject,
    run: span.run,
    quantity: span.quantity,
    per_hour: perHour(currency, span.rate),
    started_at: instant(span.startedAt),
    ended_at: instant(span.endedAt),
    seconds,
    cost: money(currency, cost),
  }
}
