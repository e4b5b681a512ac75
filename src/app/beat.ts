import { hostname } from 'node:os'
import { newId, secondsOf, SYSTEM, transact, type App, type Tx } from '../base/index.ts'
import { VERSION } from './config.ts'
import { runLoop } from './loop.ts'

const BEAT_MS = 5_000
const SILENT_SECONDS = 60
/** One that was killed is forgotten after so long. */
const KEPT_HOURS = 1

/** A process that serves these books. */
export type Server = { workerId: string; host: string; pid: number; version: string; startedAt: Temporal.Instant }
export type Beating = Server & { beatAt: Temporal.Instant }

/** Says every few seconds that this process lives, until stopped; then that it has ended. */
export async function runBeat(app: App, stopping: AbortSignal): Promise<void> {
  const now = app.clock.now()
  const me = { workerId: newId('wrk', now), host: hostname(), pid: process.pid, version: VERSION, startedAt: now }
  await runLoop(app, { name: 'saying that it lives', pauseMs: BEAT_MS, stopping }, async () => {
    await transact(app, SYSTEM, (tx) => beat(tx, me))
    return false
  })
  // A database that has gone first forgets it by itself.
  await transact(app, SYSTEM, (tx) => tx.execute(LEAVE, [me.workerId])).catch((error: unknown) =>
    app.log.error({ error }, 'the end of this process was not noted'),
  )
}

const LEAVE = { text: 'delete from worker where worker_id = $1' }

/** Notes that a process lives, and forgets those that were killed long ago. */
export async function beat(tx: Tx, { workerId, host, pid, version, startedAt }: Server): Promise<void> {
  await tx.execute(
    {
      text: `insert into worker (worker_id, host, pid, version, started_at, beat_at) values ($1, $2, $3, $4, $5, $6)
        on conflict (worker_id) do update set beat_at = excluded.beat_at`,
    },
    [workerId, host, pid, version, startedAt, tx.now],
  )
  await tx.execute({ text: 'delete from worker where beat_at < $1' }, [tx.now.subtract({ hours: KEPT_HOURS })])
}

/** Who serves these books, the oldest first. */
export function readBeating(tx: Tx): Promise<Beating[]> {
  return tx.query<Beating>({
    name: 'read-beating',
    text: `select worker_id as "workerId", host, pid, version, started_at as "startedAt", beat_at as "beatAt" from worker order by worker_id`,
  })
}

/** Whether a process has said nothing for so long that it is likely dead. */
export function isSilent({ beatAt }: Beating, asOf: Temporal.Instant): boolean {
  return secondsOf(asOf) - secondsOf(beatAt) >= SILENT_SECONDS
}
