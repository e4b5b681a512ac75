// kill -9 of the process that serves, of its database, and of both, in the middle of events, deductions, payments and charges.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { defaultDataFolder } from '../src/app/config.ts'
import { startEmbedded } from '../src/app/embedded/index.ts'
import { manualClock, openDatabase } from '../src/base/index.ts'
import { assertRight, wholeBooks } from './crash/books.ts'
import { drive, type Harm } from './crash/drive.ts'
import { openWorld, perform } from './crash/perform.ts'
import { databaseProcesses } from './crash/processes.ts'
import { makeSchedule } from './crash/schedule.ts'
import { openTestApp } from './harness.ts'
import { instant } from './model/engine.ts'
import { START } from './model/world.ts'
import { dataFolder } from './process.ts'

const SEED = 2026
const skip = process.platform !== 'linux'
const CASES: { name: string; harms: Harm[] }[] = [
  {
    name: 'kill -9 of the server, and a power cut, lose nothing and double nothing',
    harms: ['worker', 'power', 'worker', 'power', 'worker'],
  },
  {
    name: 'kill -9 of the database or of one of its sessions loses nothing and doubles nothing',
    harms: ['session', 'postmaster', 'ended session', 'session', 'postmaster', 'ended session'],
  },
]

let expected: Record<string, unknown> | undefined

for (const [n, { name, harms }] of CASES.entries()) {
  test(name, { skip }, async (t) => {
    try {
      expected ??= await undisturbed()
      const folder = dataFolder(t)
      t.diagnostic(JSON.stringify(await drive(folder, SEED, SEED + n, harms)))
      await assertSame(folder, expected)
    } catch (error) {
      throw new Error(`seed ${SEED}, blows of seed ${SEED + n}`, { cause: error })
    }
  })
}

/** Starts the database that the killed ones left, and holds its books against the sum of the steps and the undisturbed ones. */
async function assertSame(folder: string, expected: Record<string, unknown>): Promise<void> {
  const steps = makeSchedule(SEED)
  const embedded = await startEmbedded({ folder, binariesFolder: defaultDataFolder() })
  const database = openDatabase(embedded.database())
  try {
    const clock = manualClock(instant(steps.at(-1)!.at))
    const app = { database, clock, timeZone: 'Asia/Shanghai', log: { info() {}, error() {} } }
    await assertRight(app, steps)
    assert.deepEqual(await wholeBooks(app), expected)
  } finally {
    await database.close()
    await embedded.stop()
  }
  assert.deepEqual(databaseProcesses(folder), [], 'no process of the database is left')
}

/** The books of the same steps without any harm. */
async function undisturbed(): Promise<Record<string, unknown>> {
  const { app, clock, close } = await openTestApp({ at: instant(START).toString() })
  try {
    const steps = makeSchedule(SEED)
    await openWorld(app)
    for (const step of steps) await perform(app, clock, step)
    await assertRight(app, steps)
    return await wholeBooks(app)
  } finally {
    await close()
  }
}
