import { SYSTEM, transact, type App } from '../base/index.ts'
import { lookAt } from './ask.ts'
import { disputeRefund } from './dispute.ts'
import { hear } from './hear.ts'
import type { Heard } from './judge.ts'
import { noteApplied, noteFailed, type NoticeOutcome, type StoredNotice } from './notice.ts'
import { isOpen } from './order.ts'
import { readOrder } from './orderStore.ts'
import type { Till } from './till.ts'

/**
 * Does what follows from notices that were kept, and notes it. Payments of many notices are credited together; what fails is complained of
 * and taken up again later. A notice that is taken up twice changes nothing the second time.
 */
export async function takeUp(app: App, till: Till, notices: readonly StoredNotice[]): Promise<void> {
  const others = notices.filter((notice) => !isPayment(notice))
  await Promise.all([
    attempt(app, notices.filter(isPayment), (payments) => hear(app, till, payments.map(heardOf))),
    // Each of them may wait for a gateway.
    ...others.map((notice) => attempt(app, [notice], async () => [await follow(app, till, notice)])),
  ])
}

/** Many that fail together are tried one by one: one notice's fault never stops the others. */
async function attempt<N extends StoredNotice>(
  app: App,
  notices: readonly N[],
  work: (notices: readonly N[]) => Promise<NoticeOutcome[]>,
): Promise<void> {
  if (notices.length === 0) return
  try {
    const outcomes = await work(notices)
    const applied = notices.map((notice, n) => ({ notice, outcome: outcomes[n]! }))
    await transact(app, SYSTEM, (tx) => noteApplied(tx, applied))
  } catch (error) {
    if (notices.length > 1) for (const notice of notices) await attempt(app, [notice], work)
    else await fail(app, notices[0]!, error)
  }
}

async function fail(app: App, notice: StoredNotice, error: unknown): Promise<void> {
  const { channel, noticeId, tries } = notice
  app.log.error({ error, channel, notice_id: noticeId, tries }, 'nothing followed from a notice yet; it is tried again')
  await transact(app, SYSTEM, (tx) => noteFailed(tx, notice))
}

type PaymentNotice = StoredNotice & { about: { kind: 'payment' } }

function isPayment(notice: StoredNotice): notice is PaymentNotice {
  return notice.about.kind === 'payment'
}

function heardOf({ channel, about: { payment } }: PaymentNotice): Heard {
  return { channel, payment, foundBy: 'notice' }
}

async function follow(app: App, till: Till, { channel, about }: StoredNotice): Promise<NoticeOutcome> {
  if (about.kind === 'approval') {
    const order = await transact(app, SYSTEM, (tx) => readOrder(tx, about.orderId))
    if (!order || !isOpen(order)) return 'none'
    await lookAt(app, till, order)
    return 'looked'
  }
  if (about.kind === 'refund') {
    await transact(app, SYSTEM, (tx) => disputeRefund(tx, channel, about.refund))
    return 'disputed'
  }
  return 'none'
}
