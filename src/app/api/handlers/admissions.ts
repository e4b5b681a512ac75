import { hash } from 'node:crypto'
import { explain, type ResponseOf, type Routes } from '@corehour/contract'
import { heldBefore, hold, judge, lockPayers, type Allowed, type Ask, type Decision } from '../../../admission/index.ts'
import { derivedId, glance, perApp, Refusal, transact, type Actor, type App, type Tx } from '../../../base/index.ts'
import { findProject } from '../../../identity/index.ts'
import { releaseHold } from '../../../wallet/index.ts'
import { codeOf } from '../../cannot-start.ts'
import { findAnswers, insertAnswers, type Named } from '../answerStore.ts'
import type { Call, HandlersOf } from '../call.ts'
import { gather } from '../gather.ts'
import type { Services } from '../services.ts'
import { instant, money, perHour, price } from '../show.ts'

type AskCall = Call<Routes['admissions']['ask']>
type Answer = ResponseOf<Routes['admissions']['ask']>
type RefusedCode = Extract<Answer, { decision: 'refused' }>['code']

/** A question whose answer is kept, with what it promised, under the caller's name of it. */
type HeldAsk = Named & { ask: Ask; admissionId: string }

/** Many callers share one transaction. */
const ADMISSION: Actor = { kind: 'system', id: 'admission' }

/** A larger batch would keep the event loop for too long when it is answered. */
const MOST_LOOKED_AT = 250
const MOST_HELD = 100
const lookIn = perApp((app) =>
  gather((asks: readonly Ask[]) => glance(app, ADMISSION, (tx) => judge(tx, asks)), { most: MOST_LOOKED_AT }),
)
// While one batch waits for the disk the next is decided.
const admitIn = perApp((app) =>
  gather((asks: readonly HeldAsk[]) => admitAll(app, asks), { most: MOST_HELD, atOnce: 2 }),
)

export function admissionHandlers({ holdHours }: Services): HandlersOf<'admissions'> {
  return {
    ask: {
      async outside(app, call) {
        const { hold } = call.body
        if (hold === 'none') return show(await lookIn(app)(askOf(call.body, hold)), null)
        const answer = await admitIn(app)(heldAskOf(call, hold, holdHours))
        if (answer instanceof Refusal) throw answer
        return answer
      },
    },
    check: {
      async outside(app, { body }) {
        const decisions = await Promise.all(body.asks.map((asked) => lookIn(app)(askOf(asked, 'none'))))
        return { results: decisions.map((decision) => show(decision, null)) }
      },
    },
    release: {
      async act(tx, { params, body }) {
        const project = await findProject(tx, body.project)
        if (!project) throw new Refusal('not_found', { value: params.admission_id })
        return { released: await releaseHold(tx, project.accountId, params.admission_id) }
      },
    },
  }
}

function askOf(asked: Omit<AskCall['body'], 'hold'>, hold: Ask['hold']): Ask {
  return {
    projectId: asked.project,
    userId: asked.user,
    sku: asked.sku,
    quantity: asked.quantity,
    ...(asked.max_seconds !== undefined && { maxSeconds: asked.max_seconds }),
    ...(asked.quote !== undefined && { quoteId: asked.quote }),
    hold,
  }
}

function heldAskOf(call: AskCall, of: 'interval' | 'max', hours: number): HeldAsk {
  const { body, caller, idempotencyKey } = call
  if (idempotencyKey === undefined) throw new Refusal('idempotency_key_required')
  if (of === 'max' && body.max_seconds === undefined) throw new Refusal('max_seconds_needed')
  // The same request again comes to the same ids, whichever server it reaches.
  const holdId = derivedId('hold', 'admission', caller.keyId, idempotencyKey)
  const { project, user, kind, sku, quantity, max_seconds, quote } = body
  const content = [
    project,
    user,
    kind,
    sku,
    Object.entries(quantity).sort(([a], [b]) => (a < b ? -1 : 1)),
    max_seconds,
    quote,
    of,
  ]
  return {
    ask: askOf(body, { of, holdId, hours }),
    admissionId: holdId.replace('hold_', 'adm_'),
    keyId: caller.keyId,
    idempotencyKey,
    fingerprint: hash('sha256', JSON.stringify(content), 'base64url'),
  }
}

/** Answers questions that hold money; of those with the same name each waits for the one before. */
async function admitAll(app: App, asks: readonly HeldAsk[]): Promise<(Answer | Refusal)[]> {
  const answers = new Map<HeldAsk, Answer | Refusal>()
  for (let waiting = asks; waiting.length > 0; waiting = waiting.filter((each) => !answers.has(each))) {
    const batch = [...new Map(waiting.toReversed().map((each) => [each.admissionId, each])).values()].reverse()
    const answered = await admitBatch(app, batch)
    batch.forEach((each, i) => answers.set(each, answered[i]!))
  }
  return asks.map((each) => answers.get(each)!)
}

/**
 * One transaction: the wallets are locked, then all is read and decided, then answers and holds are written. A refusal keeps nothing:
 * the same request may be sent again when its reason has passed. Nearly all requests are new, and to look for each whether it was
 * sent before would cost a quarter more: only where one was is all undone, and done again with a look.
 */
async function admitBatch(app: App, batch: readonly HeldAsk[]): Promise<(Answer | Refusal)[]> {
  try {
    return await transact(app, ADMISSION, (tx) => admitNew(tx, batch))
  } catch (error) {
    if (!(error instanceof SentBefore)) throw error
    return transact(app, ADMISSION, (tx) => admitAny(tx, batch))
  }
}

/** A request that was taken for new was sent before. */
class SentBefore extends Error {}

/** Decides requests that nobody sent before. @throws SentBefore where somebody did. */
async function admitNew(tx: Tx, batch: readonly HeldAsk[]): Promise<Answer[]> {
  // Read when the wallets are locked: what travels together is done in its order.
  const [, decided] = await Promise.all([lockPayers(tx, batch.map(askIn)), decideAll(tx, batch)])
  // What was allowed before may be refused now by what it holds itself.
  const refused = decided.filter(({ decision }) => decision.decision === 'refused').map(({ asked }) => asked)
  if ((await findAnswers(tx, refused)).some(Boolean)) throw new SentBefore()
  const allowed = decided.filter(isAllowed)
  const [kept] = await Promise.all([
    keepAnswers(tx, allowed),
    hold(tx, allowed.map(decisionIn)).catch((error: unknown) => {
      throw codeOf(error) === '23505' ? new SentBefore() : error
    }),
  ])
  if (kept.includes(false)) throw new SentBefore()
  return decided.map(({ answer }) => answer)
}

/** Decides requests of which some were sent before: they get the answer of then, where it is still kept. */
async function admitAny(tx: Tx, batch: readonly HeldAsk[]): Promise<(Answer | Refusal)[]> {
  await lockPayers(tx, batch.map(askIn))
  const stored = await findAnswers(tx, batch)
  const decided = await decideAll(
    tx,
    batch.filter((_, i) => !stored[i]),
  )
  const answers = new Map<HeldAsk, Answer | Refusal>(decided.map(({ asked, answer }) => [asked, answer]))
  const allowed = decided.filter(isAllowed)
  const wasHeld = await heldBefore(tx, allowed.map(decisionIn))
  const fresh = allowed.filter((_, i) => !wasHeld[i])
  const kept = await keepAnswers(tx, fresh)
  const placed = fresh.filter((_, i) => kept[i])
  await hold(tx, placed.map(decisionIn))
  // Either its answer is forgotten, or another request took its name just now, for another account.
  for (const each of allowed) if (!placed.includes(each)) answers.set(each.asked, reused(each.asked))
  return batch.map((asked, i) => {
    const before = stored[i]
    if (!before) return answers.get(asked)!
    return before.fingerprint === asked.fingerprint ? (JSON.parse(before.response) as Answer) : reused(asked)
  })
}

type Decided<Its extends Decision = Decision> = { asked: HeldAsk; decision: Its; answer: Answer }

async function decideAll(tx: Tx, asks: readonly HeldAsk[]): Promise<Decided[]> {
  const decisions = await judge(tx, asks.map(askIn))
  return asks.map((asked, i) => ({ asked, decision: decisions[i]!, answer: show(decisions[i]!, asked.admissionId) }))
}

/** False, by position, where something stands under the name already. */
function keepAnswers(tx: Tx, allowed: readonly Decided[]): Promise<boolean[]> {
  const answers = allowed.map(({ asked, answer }) => ({ ...asked, status: 200, response: JSON.stringify(answer) }))
  return insertAnswers(tx, answers)
}

function isAllowed(decided: Decided): decided is Decided<Allowed> {
  return decided.decision.decision === 'allowed'
}

function askIn({ ask }: HeldAsk): Ask {
  return ask
}

function decisionIn({ decision }: Decided<Allowed>): Allowed {
  return decision
}

function reused({ idempotencyKey }: HeldAsk): Refusal {
  return new Refusal('key_reused', { value: idempotencyKey })
}

function show(decision: Decision, admissionId: string | null): Answer {
  const { currency } = decision
  const shown = (grains: bigint | null) => (currency === null || grains === null ? null : money(currency, grains))
  if (decision.decision === 'allowed') {
    const { hold } = decision
    return {
      decision: 'allowed',
      admission: admissionId,
      price: price(decision.price),
      per_hour: perHour(decision.currency, decision.rate),
      estimate: shown(decision.estimate),
      hold: hold && { amount: money(decision.currency, hold.amount), expires_at: instant(hold.expiresAt) },
    }
  }
  const { code, details } = decision
  return {
    decision: 'refused',
    code: code as RefusedCode,
    message: explain(code, details, 'en'),
    message_zh: explain(code, details, 'zh'),
    price: decision.price && price(decision.price),
    per_hour: shown(decision.rate === null ? null : decision.rate * 3600n),
    estimate: shown(decision.estimate),
  }
}
