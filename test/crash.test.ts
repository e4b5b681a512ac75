// kill -9 of the process that serves, of its database, and of both, in the middle of events, deductions, payments and charges.
import assert from 'node:assert/strict'
import { join } from 'node:path'
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

test('work that nothing cuts off ends at the sum of its steps', async () => {
  await undisturbed()
})

const CASES: { name: string; harms: Harm[]; blows: number }[] = [
  { name: 'kill -9 of the server', harms: ['worker'], blows: 6 },
  { name: 'kill -9 of the database or of one of its sessions', harms: ['session', 'postmaster', 'ended session'], blows: 6 },
  { name: 'a power cut', harms: ['power'], blows: 4 },
]
for (const [n, { name, harms, blows }] of CASES.entries()) {
  test(`${name} loses nothing and doubles nothing`, { skip }, async (t) => {
    const seed = SEED + n
    try {
      await assertSurvives(dataFolder(t), seed, harms, blows, (line) => t.diagnostic(line))
    } catch (error) {
      throw new Error(`with the seed ${seed}`, { cause: error })
    }
  })
}

async function assertSurvives(
  folder: string,
  seed: number,
  harms: readonly Harm[],
  blows: number,
  tell: (line: string) => void,
): Promise<void> {
  const expected = await undisturbed(seed)
  const driven = await drive(folder, seed, harms, blows)
  tell(JSON.stringify(driven))
  const steps = makeSchedule(seed)
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
  assert.deepEqual(databaseProcesses(folder), [])
}

/** The books of the same steps without any harm. */
async function undisturbed(seed = SEED): Promise<Record<string, unknown>> {
  const { app, clock, close } = await openTestApp({ at: instant(START).toString() })
  try {
    const steps = makeSchedule(seed)
    await openWorld(app)
    for (const step of steps) await perform(app, clock, step)
    await assertRight(app, steps)
    return await wholeBooks(app)
  } finally {
    await close()
  }
}
