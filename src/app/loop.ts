import { setTimeout as sleep } from 'node:timers/promises'
import type { App } from '../base/index.ts'

/**
 * Does some work again and again until stopped: at once where there was something to do, else after a pause. A failure is logged and tried again.
 */
export async function runLoop(
  app: App,
  { name, pauseMs, stopping }: { name: string; pauseMs: number; stopping: AbortSignal },
  work: () => Promise<boolean>,
): Promise<void> {
  while (!stopping.aborted) {
    let more = false
    try {
      more = await work()
    } catch (error) {
      app.log.error({ error }, `${name} failed; it is tried again`)
    }
    if (!more) await sleep(pauseMs, undefined, { signal: stopping }).catch(() => {})
  }
}
