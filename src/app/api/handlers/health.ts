import { isSilent } from '../../beat.ts'
import { findTroubles, readHealth, type Queue, type QueueName } from '../../health.ts'
import type { HandlersOf } from '../call.ts'
import type { Services } from '../services.ts'
import { instant, money } from '../show.ts'

export function healthHandlers({ version, sendsMail }: Services): HandlersOf<'health'> {
  return {
    get: {
      async read(tx) {
        const health = await readHealth(tx)
        const { asOf, database, queues } = health
        return {
          as_of: instant(asOf),
          version,
          troubles: findTroubles(health, { sendsMail }).map((each) => ({ ...each, since: instant(each.since) })),
          deduction: {
            lag: health.deductionLag,
            running: health.walletsRunning,
            in_arrears: health.walletsInArrears,
          },
          attribution: {
            lag: health.attributionLag,
            unattributed: health.unattributed.map(({ currency, grains }) => money(currency, grains)),
          },
          queues: showQueues(queues),
          parked: health.parked,
          orders_open: health.ordersOpen,
          exports_running: health.exportsRunning,
          mail: { has_server: sendsMail, failed: health.mailsFailed, failed_today: health.mailsFailedToday },
          workers: health.workers.map((worker) => ({
            worker_id: worker.workerId,
            host: worker.host,
            pid: worker.pid,
            version: worker.version,
            started_at: instant(worker.startedAt),
            beat_at: instant(worker.beatAt),
            silent: isSilent(worker, asOf),
          })),
          database: {
            version: database.version,
            bytes: database.bytes,
            connections: database.connections,
            most_connections: database.mostConnections,
          },
        }
      },
    },
  }
}

type Shown = { waiting: number; since: string | null }

function showQueues(queues: Record<QueueName, Queue>): Record<QueueName, Shown> {
  const shown = Object.entries(queues).map(([name, { waiting, since }]) => [name, { waiting, since: instant(since) }])
  return Object.fromEntries(shown) as Record<QueueName, Shown>
}
