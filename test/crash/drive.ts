import { spawn, type ChildProcess } from 'node:child_process'
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { eventually } from '../process.ts'
import { databaseProcesses, kill, runningPostmaster, sessions } from './processes.ts'
import { chanceOf, type Chance } from './random.ts'
import type { Word } from './worker.ts'

/** What is ended with -9: the worker, the database server, one of its sessions (or it is told to end), or all at once. */
export type Harm = 'worker' | 'postmaster' | 'session' | 'ended session' | 'power'
export type Driven = { kills: Record<string, number>; restarts: number; troubles: number }

type Blow = { harm: Harm; steps: number; ms: number }
type State = { answered: number; restarts: number; troubles: number; done: boolean; kills: Record<string, number>; seen: Set<number> }

/**
 * Has a worker do the whole schedule of a seed while it, its database or both are killed, and starts it again until all is
 * done. When the blows fall is the chance of `seed`, in steps and milliseconds.
 */
export async function drive(folder: string, seed: number, harms: readonly Harm[], blows: number): Promise<Driven> {
  const chance = chanceOf(seed ^ 0x5eed)
  const plan = Array.from({ length: blows }, (_, n) => blowOf(chance, harms[n % harms.length]!))
  const state: State = { answered: 0, restarts: 0, troubles: 0, done: false, kills: {}, seen: new Set() }
  for (; !state.done; state.restarts++) {
    assert.ok(state.restarts <= blows, 'it is started again only after a blow')
    await runOnce(folder, seed, plan, state)
  }
  await eventually('no process of the database is left', () => databaseProcesses(folder).length === 0)
  assert.deepEqual(plan, [], 'every blow fell before the schedule was done')
  const { kills, restarts, troubles } = state
  return { kills, restarts: restarts - 1, troubles }
}

function blowOf(chance: Chance, harm: Harm): Blow {
  return { harm, steps: 1 + chance.upTo(12), ms: chance.upTo(30) }
}

/** One life of the worker. */
async function runOnce(folder: string, seed: number, plan: Blow[], state: State): Promise<void> {
  const worker = fileURLToPath(new URL('./worker.ts', import.meta.url))
  const child = spawn(process.execPath, [worker, folder, String(seed), String(state.answered)], {
    stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
  })
  let stderr = ''
  child.stderr!.on('data', (chunk) => (stderr += chunk))
  const from = state.answered
  let next = state.answered + (plan[0]?.steps ?? 0)
  let killed = false
  let missing: string[] = []
  child.on('message', (word: Word) => {
    if (word.kind === 'up') missing = word.missing
    else if (word.kind === 'done') Object.assign(state, { done: true, troubles: state.troubles + word.troubles })
    else state.answered = Math.max(state.answered, word.steps)
    const blow = plan[0]
    if (word.kind !== 'answered' || killed || !blow || state.answered < next) return
    plan.shift()
    next = state.answered + blow.ms / 10 + (plan[0]?.steps ?? 0)
    killed = blow.harm === 'worker' || blow.harm === 'power'
    setTimeout(() => strike(blow, folder, child, state), blow.ms)
  })
  const [[status]] = await Promise.all([once(child, 'close'), once(child, 'disconnect')])
  const died = `the worker that began after ${from} steps`
  assert.deepEqual(missing, [], `${died} found all that was answered`)
  assert.ok(state.done || killed, `${died} ended by itself with ${status}: ${stderr}`)
}

function strike({ harm }: Blow, folder: string, child: ChildProcess, state: State): void {
  state.kills[harm] = (state.kills[harm] ?? 0) + 1
  const database = databaseProcesses(folder)
  if (harm === 'worker' || harm === 'power') kill(child.pid)
  if (harm === 'postmaster') kill(runningPostmaster(folder))
  if (harm === 'power') for (const pid of database) kill(pid)
  const [session] = sessions(folder)
  if (harm === 'session') kill(session)
  if (harm === 'ended session') kill(session, 'SIGTERM')
}
