import { bucketOf, type Tx } from '../base/index.ts'
import type { Outcome } from './apply.ts'
import type { Channel, Notice, RawNotice } from './gateway.ts'
import { insertNotices, updateNotices } from './noticeStore.ts'

export type NoticeOutcome = Outcome | 'looked' | 'none'

/** A gateway's message that was kept. */
export type StoredNotice = {
  /** Of channel and noticeId. */
  bucket: number
  channel: Channel
  noticeId: string
  about: Notice['about']
  sentAt: Temporal.Instant
  receivedAt: Temporal.Instant
  outcome: NoticeOutcome | null
  appliedAt: Temporal.Instant | null
  /** How often it was taken up and failed. */
  tries: number
  /** When it is taken up where whoever stored it has not done so. */
  dueAt: Temporal.Instant | null
}

/** Whoever stores a notice takes it up at once; only where that was lost does somebody else, after this. */
const TAKEN_UP_WITHIN_SECONDS = 10
const LONGEST_PAUSE_SECONDS = 600

/** A verified message with the bytes that it came in. */
export type Received = { channel: Channel; notice: Notice; raw: RawNotice }

/** Keeps notices, each once; answers by position what is new, and null for what was kept before. */
export async function keepNotices(tx: Tx, received: readonly Received[]): Promise<(StoredNotice | null)[]> {
  const notices = received.map(({ channel, notice, raw }) => ({
    stored: {
      bucket: bucketOf(`${channel}:${notice.noticeId}`),
      channel,
      noticeId: notice.noticeId,
      about: notice.about,
      sentAt: notice.at,
      receivedAt: tx.now,
      outcome: null,
      appliedAt: null,
      tries: 0,
      dueAt: tx.now.add({ seconds: TAKEN_UP_WITHIN_SECONDS }),
    } satisfies StoredNotice,
    raw,
  }))
  const kept = await insertNotices(tx, notices)
  return notices.map(({ stored }, n) => (kept[n] ? stored : null))
}

/** Notes what followed from notices; again it changes nothing. */
export async function noteApplied(
  tx: Tx,
  applied: readonly { notice: StoredNotice; outcome: NoticeOutcome }[],
): Promise<void> {
  await updateNotices(
    tx,
    applied.map(({ notice, outcome }) => ({ ...notice, outcome, appliedAt: tx.now, dueAt: null })),
  )
}

/** One try has failed: it is taken up again, ever more seldom, up to every ten minutes. */
export async function noteFailed(tx: Tx, notice: StoredNotice): Promise<void> {
  const seconds = Math.min(TAKEN_UP_WITHIN_SECONDS * 2 ** notice.tries, LONGEST_PAUSE_SECONDS)
  await updateNotices(tx, [{ ...notice, tries: notice.tries + 1, dueAt: tx.now.add({ seconds }) }])
}

/** Of which order, and which payment or refund, a notice is. */
export function namedIn(about: Notice['about']): { orderId: string | null; paymentId: string | null } {
  switch (about.kind) {
    case 'payment':
      return about.payment
    case 'approval':
      return { orderId: about.orderId, paymentId: null }
    case 'refund':
      return { orderId: null, paymentId: about.refund.refundId }
    case 'other':
      return { orderId: null, paymentId: null }
  }
}

/** A message as JSON, in which amounts and instants are text. */
export function writeAbout(about: Notice['about']): string {
  return JSON.stringify(about, (_name, value) => (typeof value === 'bigint' ? value.toString() : value))
}

const THAWED: Record<string, (text: string) => unknown> = {
  minor: BigInt,
  at: (text) => Temporal.Instant.from(text),
  paidAt: (text) => Temporal.Instant.from(text),
}

/** What `writeAbout` wrote. */
export function readAbout(stored: unknown): Notice['about'] {
  return thaw('', stored) as Notice['about']
}

function thaw(name: string, value: unknown): unknown {
  if (typeof value === 'string') return THAWED[name]?.(value) ?? value
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([each, inner]) => [each, thaw(each, inner)]))
}
