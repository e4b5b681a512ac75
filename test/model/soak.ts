/**
 * The simulation for as long as one likes: node test/model/soak.ts [seed] [runs]
 */
import fc from 'fast-check'
import { schedule } from './schedule.ts'
import { simulate } from './simulate.ts'

const [seed, runs] = [Number(process.argv[2] ?? 1), Number(process.argv[3] ?? 100)]
let steps = 0
let done = 0
await fc.assert(
  fc.asyncProperty(schedule, async (each) => {
    steps += await simulate(each)
    done += 1
    if (done % 20 === 0) console.log(`${done} schedules, ${steps} operations`)
  }),
  { seed, numRuns: runs, interruptAfterTimeLimit: 24 * 3600 * 1000 },
)
console.log(`seed ${seed}: ${done} schedules, ${steps} operations, no difference`)
process.exit()
