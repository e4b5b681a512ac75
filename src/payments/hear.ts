import { Refusal, SYSTEM, transact, type App } from '../base/index.ts'
import { applyPayments, disputePayment, type Outcome } from './apply.ts'
import type { Heard } from './judge.ts'
import type { Till } from './till.ts'

/**
 * Does what follows from payments that gateways tell of. Where the books can't take one of them the others are credited all the same, and
 * that one is for staff.
 */
export async function hear(app: App, till: Till, heard: readonly Heard[]): Promise<Outcome[]> {
  if (heard.length === 0) return []
  try {
    return await transact(app, SYSTEM, (tx) => applyPayments(tx, till, heard))
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    const [first, ...others] = heard
    if (others.length === 0) return [await transact(app, SYSTEM, (tx) => disputePayment(tx, first!))]
    const outcomes: Outcome[] = []
    for (const each of heard) outcomes.push(...(await hear(app, till, [each])))
    return outcomes
  }
}
