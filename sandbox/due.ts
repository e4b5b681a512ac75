import { setTimeout as sleep } from 'node:timers/promises'
import type { Courier } from './notices.ts'
import { nowOf, type Stand } from './stand.ts'
import { settleRefund } from './wechat/calls.ts'

/** A clock that tests move says nothing: so often it is looked at, whatever is due. */
const LOOK_MS = 250

export type Due = ReturnType<typeof runDue>

/** Finds what is due (notices, refunds) and does it, from the store alone: nothing waits in a timer that could be lost. */
export function runDue(stand: Stand, courier: Courier) {
  let stopped = false
  let woken = Promise.withResolvers<void>()

  function work(): void {
    for (const refund of stand.store.refundsDue(nowOf(stand))) stand.store.together(() => settleRefund(stand, refund))
    courier.sendDue()
  }

  async function settle(): Promise<void> {
    do {
      work()
      await courier.idle()
    } while ((stand.store.nextDue() ?? '~') <= nowOf(stand))
  }

  const running = (async () => {
    while (!stopped) {
      work()
      await Promise.race([woken.promise, sleep(LOOK_MS, undefined, { ref: false })])
      woken = Promise.withResolvers<void>()
    }
  })()

  return {
    wake: () => woken.resolve(),
    /** Does all that is due now, and what follows from it, and resolves when nothing is on its way. */
    settle,
    /** Moves the clock on and does on the way, each at its time, what falls due. */
    async advance(seconds: number): Promise<void> {
      const goal = stand.clock.now().add({ milliseconds: Math.round(seconds * 1000) })
      for (;;) {
        await settle()
        const next = stand.store.nextDue()
        if (!next || Temporal.Instant.compare(next, goal) > 0) break
        stand.clock.moveTo(Temporal.Instant.from(next))
      }
      stand.clock.moveTo(goal)
      stand.store.set('clock_offset', stand.clock.offset().toString())
      await settle()
    },
    async stop(): Promise<void> {
      stopped = true
      woken.resolve()
      await running
    },
  }
}
