import { spawn, type ChildProcess } from 'node:child_process'
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { eventually } from '../process.ts'
import { databaseProcesses, kill, runningPostmaster, sessions } from './processes.ts'
import { chanceOf, type Chance } from './random.ts'
import type { Word } from './worker.ts'

/** What is killed with -9: the worker, the database server, one of its sessions (or that is told to end), or all at once. */
export type Harm = 'worker' | 'postmaster' | 'session' | 'ended session' | 'power'
export type Driven = { kills: Record<string, number>; restarts: number; troubles: number }

const WORKER = fileURLToPath(new URL('./worker.ts', import.meta.url))
/** Steps within which a blow that was set off has fallen. */
const LULL = 3

type Blow = { harm: Harm; steps: number; ms: number }
type State = Driven & { answered: number; done: boolean; chance: Chance }

/**
 * Has a worker do the schedule of a seed while it, its database or both are killed, and starts it again until all is done.
 * When the blows fall, in steps and milliseconds, is the chance of `blowSeed`; what they meet is also that of the machine.
 */
export async function drive(folder: string, seed: number, blowSeed: number, harms: readonly Harm[]): Promise<Driven> {
  const chance = chanceOf(blowSeed)
  const plan = harms.map((harm): Blow => ({ harm, steps: 1 + chance.upTo(12), ms: chance.upTo(30) }))
  const state: State = { answered: 0, restarts: -1, troubles: 0, done: false, kills: {}, chance }
  try {
    while (!state.done) {
      await runOnce(folder, seed, plan, state)
      state.restarts++
    }
  } finally {
    await eventually('no process of the database is left', () => databaseProcesses(folder).length === 0)
  }
  assert.deepEqual(plan, [], 'every blow fell before the schedule was done')
  const { kills, restarts, troubles } = state
  return { kills, restarts, troubles }
}

/** One life of the worker: to the blow that ends it, or to the end of the schedule. */
async function runOnce(folder: string, seed: number, plan: Blow[], state: State): Promise<void> {
  const child = spawn(process.execPath, [WORKER, folder, String(seed), String(state.answered)], {
    stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
  })
  let stderr = ''
  child.stderr!.on('data', (chunk) => (stderr += chunk))
  const from = state.answered
  let next = from + (plan[0]?.steps ?? 0)
  let ended = false
  let missing: string[] | undefined
  child.on('message', (word: Word) => {
    if (word.kind === 'up') missing = word.missing
    else if (word.kind === 'done') Object.assign(state, { done: true, troubles: state.troubles + word.troubles })
    else state.answered = Math.max(state.answered, word.steps)
    if (ended || word.kind !== 'answered' || word.steps < next || plan.length === 0) return
    const blow = plan.shift()!
    next = word.steps + LULL + (plan[0]?.steps ?? 0)
    ended = blow.harm === 'worker' || blow.harm === 'power'
    setTimeout(() => strike(blow.harm, folder, child, state), blow.ms)
  })
  const [[status]] = await Promise.all([once(child, 'close'), once(child, 'disconnect')])
  const which = `the worker that began after ${from} steps`
  assert.ok(state.done || ended, `${which} ended by itself with ${status}: ${stderr}`)
  assert.deepEqual(missing, [], `${which} found all that was answered before`)
}

function strike(harm: Harm, folder: string, child: ChildProcess, state: State): void {
  state.kills[harm] = (state.kills[harm] ?? 0) + 1
  const busy = sessions(folder)
  switch (harm) {
    case 'worker':
      return kill(child.pid)
    case 'postmaster':
      return kill(runningPostmaster(folder))
    case 'power':
      return [child.pid, ...databaseProcesses(folder)].forEach((pid) => kill(pid))
    case 'session':
      return kill(state.chance.pick(busy))
    case 'ended session':
      return kill(state.chance.pick(busy), 'SIGTERM')
  }
}
