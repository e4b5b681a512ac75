// A server's process as far as the books go: it keeps an embedded database, does the steps of a schedule one by one, and
// answers each to its parent only when the books have it. Arguments: data folder, seed, number of steps answered so far.
import { setTimeout as sleep } from 'node:timers/promises'
import { defaultDataFolder } from '../../src/app/config.ts'
import { startEmbedded } from '../../src/app/embedded/index.ts'
import { migrate } from '../../src/app/migrate.ts'
import { isTransient, manualClock, openDatabase, systemClock, type App } from '../../src/base/index.ts'
import { instant } from '../model/engine.ts'
import { missingOf, openWorld, perform } from './perform.ts'
import { makeSchedule } from './schedule.ts'

/** What the worker tells its parent. */
export type Word =
  | { kind: 'up'; missing: string[] }
  | { kind: 'answered'; steps: number }
  | { kind: 'done'; troubles: number }

/** Event batches up to this many steps back are sent again after a restart, as a platform does that is not sure. */
const SENT_AGAIN = 4

async function main(folder: string, seed: number, answered: number): Promise<void> {
  process.once('disconnect', () => process.exit(1))
  const steps = makeSchedule(seed)
  const embedded = await startEmbedded({ folder, binariesFolder: defaultDataFolder() })
  const database = openDatabase(embedded.database())
  const from = Math.max(0, answered - SENT_AGAIN)
  const clock = manualClock(instant(steps[from]!.at))
  const app: App = { database, clock, timeZone: 'Asia/Shanghai', log: { info() {}, error: complain } }
  await migrate(database, systemClock)
  await openWorld(app)
  say({ kind: 'up', missing: await missingOf(app, steps.slice(0, answered)) })
  let troubles = 0
  for (const [n, step] of steps.entries()) {
    if (n < from) continue
    troubles += await persistently(() => perform(app, clock, step))
    if (n >= answered) say({ kind: 'answered', steps: n + 1 })
  }
  say({ kind: 'done', troubles })
  await database.close()
  await embedded.stop()
  process.disconnect?.()
}

/** As a client does: what failed because the database was away is asked again. Answers how often. */
async function persistently(work: () => Promise<void>): Promise<number> {
  for (let troubles = 0; ; troubles++) {
    try {
      await work()
      return troubles
    } catch (error) {
      if (!isTransient(error)) throw error
      await sleep(50)
    }
  }
}

/** The engine complains of a wallet that it passes over; here that is a fault. */
function complain(details: object, message: string): void {
  process.stderr.write(`${message} ${String('error' in details && details.error)}\n`)
  process.exit(1)
}

function say(word: Word): void {
  process.send?.(word)
}

const [folder, seed, answered] = process.argv.slice(2)
if (import.meta.main) await main(folder!, Number(seed), Number(answered))
