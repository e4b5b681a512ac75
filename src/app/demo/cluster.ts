import { createClient, CorehourError, type Client } from '@corehour/sdk'
import { setTimeout as sleep } from 'node:timers/promises'
import { newId, secondsOf, type App } from '../../base/index.ts'
import { CAST, ids, usersOf } from './cast.ts'
import { chances, pick } from './chance.ts'
import { SOURCE } from './history.ts'

const LOOK_MS = 4000
const FEW_JOBS = 6
const MOST_JOBS = 12
/** Jobs of the demo are short, so that there is something to see. */
const SECONDS = [60, 900] as const

type Job = { subject: string; project: string; endsAt: number }

/**
 * A small cluster that starts and stops jobs through the public API, as a platform would: it asks admission, sends the start that takes
 * the hold over, and the stop; and it obeys when people ask it to stop something. Jobs that ran when the server ended are found again and stopped in their time.
 */
export async function runCluster(app: App, url: string, key: string, stopping: AbortSignal): Promise<void> {
  const client = createClient({ url, key })
  const chance = chances(secondsOf(app.clock.now()))
  const jobs: Job[] = []
  for (let known = false; !stopping.aborted;) {
    try {
      if (!known) jobs.push(...(await findRunning(app, client, chance)))
      known = true
      await obey(app, client, jobs)
      await stopDue(app, client, jobs)
      if (jobs.length < FEW_JOBS || (jobs.length < MOST_JOBS && chance() < 0.5))
        await startOne(app, client, chance, jobs)
    } catch (error) {
      // The server is ending, or the key was revoked: the demo is no reason to end with it.
      if (!stopping.aborted) app.log.error({ error }, 'the demo cluster failed; it goes on')
    }
    await sleep(LOOK_MS, undefined, { signal: stopping }).catch(() => {})
  }
}

async function findRunning(app: App, client: Client, chance: () => number): Promise<Job[]> {
  const jobs: Job[] = []
  for (const account of CAST)
    for await (const span of client.spans.list.each({ account_id: ids.account(account), running: true }))
      if (span.source === SOURCE && span.kind === 'job')
        jobs.push({ subject: span.subject, project: span.project_id, endsAt: endOf(app, chance) })
  return jobs
}

/** Does what people ask: takes it at one look and has done it at the next, so that both can be seen. */
async function obey(app: App, client: Client, jobs: Job[]): Promise<void> {
  for await (const { command_id, state, subject, run } of client.commands.list.each()) {
    if (state === 'asked') await client.commands.take({ command_id })
    else {
      await client.usage.send({ events: [stopOf(app, { subject, id: command_id, data: { run } })] })
      jobs.splice(0, jobs.length, ...jobs.filter((job) => job.subject !== subject))
    }
  }
}

async function stopDue(app: App, client: Client, jobs: Job[]): Promise<void> {
  const now = secondsOf(app.clock.now())
  const due = jobs.filter(({ endsAt }) => endsAt <= now)
  if (due.length === 0) return
  await client.usage.send({
    events: due.map(({ subject, project }) => stopOf(app, { subject, id: `${subject}-stop`, data: { project } })),
  })
  for (const job of due) jobs.splice(jobs.indexOf(job), 1)
}

function stopOf<D>(app: App, event: { subject: string; id: string; data: D }) {
  const time = app.clock.now().toString()
  return { ...event, specversion: '1.0' as const, source: SOURCE, type: 'corehour.usage.stopped' as const, time }
}

/** What is refused is not started: so runs a cluster whose users have run out of money. */
async function startOne(app: App, client: Client, chance: () => number, jobs: Job[]): Promise<void> {
  const account = pick(chance, CAST)
  const cast = pick(chance, account.projects)
  const { sku, quantity } = pick(chance, cast.work)
  const project = ids.project(cast)
  const asked = { project, user: ids.user(pick(chance, usersOf(account, cast))), kind: 'job' as const, sku, quantity }
  try {
    const answer = await client.admissions.ask({ ...asked, hold: 'interval' })
    if (answer.decision === 'refused') return
    const now = app.clock.now()
    const subject = newId('span', now).replace('span_', 'job-')
    await client.usage.send({
      events: [
        {
          ...{ specversion: '1.0' as const, source: SOURCE, subject, id: `${subject}-start`, time: now.toString() },
          type: 'corehour.usage.started' as const,
          data: { ...asked, ...(answer.admission !== null && { admission: answer.admission }) },
        },
      ],
    })
    jobs.push({ subject, project, endsAt: endOf(app, chance) })
  } catch (error) {
    if (!(error instanceof CorehourError)) throw error
    app.log.error({ error }, 'the demo cluster was refused')
  }
}

function endOf(app: App, chance: () => number): number {
  const [least, most] = SECONDS
  return secondsOf(app.clock.now()) + Math.floor(least + chance() * (most - least))
}
