import { Agent, request } from 'node:http'
import { Agent as SecureAgent, request as requestSecurely } from 'node:https'
import { addSeconds } from './clock.ts'
import { nowOf, placeOf, type Stand } from './stand.ts'
import type { Notice, Trade } from './store.ts'
import { VENDORS, type Draft, type Manner, type Parcel } from './vendor.ts'

const AT_ONCE = 64
/** A merchant's answer is a word or two; more of it is not read, and still less kept. */
const ANSWER_BYTES = 10_000
const ANSWER_CHARACTERS = 200
const HELD_SECONDS = 1

/** Puts a notice in the queue, to be sent at once unless it is to go wrong. */
export function queueNotice(stand: Stand, trade: Trade, draft: Draft): void {
  if (!draft) return
  const place = placeOf(trade)
  const take = stand.faults.take
  const lost = take('notice_lost', place)
  const late = take('notice_late', place)
  const held = releaseHeld(stand, trade) ? undefined : take('notices_reordered', place)
  const copies = take('notice_doubled', place)
  const stale = take('notice_stale', place)
  const manner: Manner = {
    ...(copies && { copies: copies.copies ?? 2 }),
    ...(take('notice_forged', place) && { forged: true }),
    ...(take('notice_probed', place) && { probed: true }),
    ...(stale && { staleSeconds: stale.seconds ?? 3600 }),
    ...(held && { held: true }),
  }
  const at = nowOf(stand)
  stand.store.put('notice', {
    ...draft,
    channel: trade.channel,
    number: trade.number,
    madeAt: at,
    sends: 0n,
    dueAt: lost || held ? null : addSeconds(at, late ? (late.seconds ?? 3600) : 0),
    answeredAt: null,
    manner: JSON.stringify(manner),
  })
  stand.wake()
}

/** Lets what was held back go, just after what comes now. True where something was. */
function releaseHeld(stand: Stand, trade: Trade): boolean {
  const held = stand.store.noticesOf(trade.number).filter((notice) => mannerOf(notice).held)
  for (const notice of held) {
    const { held: _, ...manner } = mannerOf(notice)
    const dueAt = addSeconds(nowOf(stand), HELD_SECONDS)
    stand.store.put('notice', { ...notice, dueAt, manner: JSON.stringify(manner) })
  }
  return held.length > 0
}

export type Courier = ReturnType<typeof openCourier>

/** Sends what is due, many at once, over connections that stay open. */
export function openCourier(stand: Stand) {
  const agents = {
    'http:': new Agent({ keepAlive: true, maxSockets: AT_ONCE }),
    'https:': new SecureAgent({ keepAlive: true, maxSockets: AT_ONCE }),
  }
  const underway = new Set<Promise<void>>()
  const closing = new AbortController()
  return {
    /** Starts sending what is due now. */
    sendDue(): void {
      while (underway.size < AT_ONCE) {
        const due = stand.store.noticesDue(nowOf(stand), AT_ONCE - underway.size)
        if (due.length === 0) return
        for (const notice of due) {
          const sending = send(stand, claim(stand, notice), agents, closing.signal).finally(() => {
            underway.delete(sending)
            stand.wake()
          })
          underway.add(sending)
        }
      }
    },
    /** Resolves when nothing is on its way. */
    async idle(): Promise<void> {
      while (underway.size > 0) await Promise.all(underway)
    },
    /** Cuts what is on its way: it is sent again when it is due next. */
    async close(): Promise<void> {
      closing.abort()
      await this.idle()
      for (const agent of Object.values(agents)) agent.destroy()
    },
  }
}

/**
 * Counts a send and moves the notice to its next, as if nobody had answered: so a crash in between loses nothing. From when it was
 * due and not from now, so that a clock that leaps makes every send of the schedule.
 */
function claim(stand: Stand, notice: Notice): Notice {
  const interval = VENDORS[notice.channel].intervals[Number(notice.sends)]
  const dueAt = interval === undefined ? null : addSeconds(notice.dueAt!, interval)
  const claimed = { ...notice, sends: notice.sends + 1n, dueAt }
  stand.store.put('notice', claimed)
  return claimed
}

async function send(stand: Stand, notice: Notice, agents: Agents, closing: AbortSignal): Promise<void> {
  const vendor = VENDORS[notice.channel]
  const manner = mannerOf(notice)
  const at = nowOf(stand)
  const parcel = await vendor.dress(stand, notice, manner)
  const signal = AbortSignal.any([closing, AbortSignal.timeout(vendor.patienceMs)])
  const copies = Array.from({ length: manner.copies ?? 1 }, () => post(notice.url, parcel, signal, agents))
  for (const answer of await Promise.all(copies)) {
    stand.store.addDelivery(notice.noticeId, at, answer.status, answer.body.slice(0, ANSWER_CHARACTERS))
    if (answer.status === null || !vendor.isThanks(answer.status, answer.body)) continue
    stand.store.put('notice', { ...stand.store.notice(notice.noticeId)!, dueAt: null, answeredAt: nowOf(stand) })
  }
}

type Agents = { 'http:': Agent; 'https:': SecureAgent }
type Answer = { status: number | null; body: string }

/** Posts, and says what came back; a merchant that can't be reached is an answer too. */
function post(address: string, { headers, body }: Parcel, signal: AbortSignal, agents: Agents): Promise<Answer> {
  return new Promise((resolve) => {
    const fail = (error: Error) => resolve({ status: null, body: error.message })
    try {
      const url = new URL(address)
      const secure = url.protocol === 'https:'
      const options = {
        method: 'POST',
        headers: { ...headers, 'content-length': Buffer.byteLength(body) },
        agent: agents[secure ? 'https:' : 'http:'],
        signal,
      }
      const call = (secure ? requestSecurely : request)(url, options, (response) => {
        const chunks: Buffer[] = []
        let length = 0
        response.on('data', (chunk: Buffer) => {
          if (length < ANSWER_BYTES) chunks.push(chunk)
          length += chunk.length
        })
        response.on('error', fail)
        response.on('end', () =>
          resolve({ status: response.statusCode ?? null, body: Buffer.concat(chunks).toString() }),
        )
      })
      call.on('error', fail)
      call.end(body)
    } catch (error) {
      fail(error as Error)
    }
  })
}

function mannerOf(notice: Notice): Manner {
  return JSON.parse(notice.manner)
}
