import { projectId, QUANTITY, userId } from './world.ts'

export const BATCH = 1000
/**
 * Accounts in which a thousand neighbouring events of a cluster lie. In real traces they are 1 (MetaCentrum 2013 by its projects, Phillips), 7 (Eagle),
 * 23 (MetaCentrum by its users) and 45 (Alibaba DLRM 2025) on average, and never more than 80.
 */
export const ACTIVE = 45

export type JobEvent = { id: string; subject: string; time: string; account: number; starts: boolean }

/**
 * A cluster's events, batch by batch, each with the instant that it is made for. Jobs start in `active` of the accounts at a time; when more than `most`
 * run, half of a batch's events stop the oldest.
 */
export function openStream(name: string, accounts: readonly number[], active: number, most: number) {
  const running: JobEvent[] = []
  let serial = 0
  let first = 0
  return function next(time: string): JobEvent[] {
    // Some accounts stop being active, and others begin.
    first += Math.ceil(active / 10)
    return Array.from({ length: BATCH }, (_, i) => {
      const ended = i % 2 === 1 && running.length > most ? running.shift() : undefined
      if (ended) return { ...ended, id: `stop-${ended.subject}`, time, starts: false }
      const subject = `${name}-${++serial}`
      // A prime stride: neighbours in a batch are not neighbours in the books.
      const account = accounts[(first + ((serial * 379) % active)) % accounts.length]!
      const started = { id: `start-${subject}`, subject, time, account, starts: true }
      running.push(started)
      return started
    })
  }
}

/** An event as a platform sends it. */
export function toInput({ id, subject, time, account, starts }: JobEvent): object {
  const type = `corehour.usage.${starts ? 'started' : 'stopped'}`
  const opening = starts && { user: userId(account, 0), kind: 'job', sku: 'queue:q0', quantity: QUANTITY }
  const data = { project: projectId(account, 0), ...opening }
  return { specversion: '1.0', source: 'bench', id, subject, time, type, data }
}
