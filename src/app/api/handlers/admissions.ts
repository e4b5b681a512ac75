import { createHash } from 'node:crypto'
import { explain, type ResponseOf, type Routes } from '@corehour/contract'
import { hold, judge, lockPayers, type Allowed, type Ask, type Decision } from '../../../admission/index.ts'
import { derivedId, Refusal, transact, type Actor, type App, type Tx } from '../../../base/index.ts'
import { findProject } from '../../../identity/index.ts'
import { releaseHold } from '../../../wallet/index.ts'
import { findAnswers, insertAnswers, type Named } from '../answerStore.ts'
import type { Call, HandlersOf } from '../call.ts'
import { gather, perApp } from '../gather.ts'
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
  gather((asks: readonly Ask[]) => transact(app, ADMISSION, (tx) => judge(tx, asks)), MOST_LOOKED_AT),
)
const admitIn = perApp((app) => gather((asks: readonly HeldAsk[]) => admitAll(app, asks), MOST_HELD))

export const admissionHandlers: HandlersOf<'admissions'> = {
  ask: {
    async outside(app, call) {
      if (call.body.hold === 'none') return show(await lookIn(app)(askOf(call, 'none')), null)
      const answer = await admitIn(app)(heldAskOf(call, call.body.hold))
      if (answer instanceof Refusal) throw answer
      return answer
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

function askOf({ body }: AskCall, hold: Ask['hold']): Ask {
  return {
    projectId: body.project,
    userId: body.user,
    sku: body.sku,
    quantity: body.quantity,
    ...(body.max_seconds !== undefined && { maxSeconds: body.max_seconds }),
    ...(body.quote !== undefined && { quoteId: body.quote }),
    hold,
  }
}

function heldAskOf(call: AskCall, of: 'interval' | 'max'): HeldAsk {
  const { body, caller, idempotencyKey } = call
  if (idempotencyKey === undefined) throw new Refusal('idempotency_key_required')
  if (of === 'max' && body.max_seconds === undefined) throw new Refusal('max_seconds_needed')
  // The same request again comes to the same ids, whichever server it reaches.
  const madeOf = ['admission', caller.keyId, idempotencyKey] as const
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
    ask: askOf(call, { of, holdId: derivedId('hold', ...madeOf) }),
    admissionId: derivedId('adm', ...madeOf),
    keyId: caller.keyId,
    idempotencyKey,
    fingerprint: createHash('sha256').update(JSON.stringify(content)).digest('base64url'),
  }
}

/** Answers questions that hold money; of those with the same name each waits for the one before. */
async function admitAll(app: App, asks: readonly HeldAsk[]): Promise<(Answer | Refusal)[]> {
  const answers = new Map<HeldAsk, Answer | Refusal>()
  for (let waiting = asks; waiting.length > 0; waiting = waiting.filter((each) => !answers.has(each))) {
    const batch = [...new Map(waiting.toReversed().map((each) => [each.admissionId, each])).values()].reverse()
    const answered = await transact(app, ADMISSION, (tx) => admitBatch(tx, batch))
    batch.forEach((each, i) => answers.set(each, answered[i]!))
  }
  return asks.map((each) => answers.get(each)!)
}

/**
 * One transaction: the wallets are locked, then all is read and decided, then answers and holds are written. A refusal keeps nothing:
 * the same request may be sent again when its reason has passed.
 */
async function admitBatch(tx: Tx, batch: readonly HeldAsk[]): Promise<(Answer | Refusal)[]> {
  await lockPayers(
    tx,
    batch.map(({ ask }) => ask),
  )
  const stored = await findAnswers(tx, batch)
  const fresh = batch.filter((_, i) => !stored[i])
  const decisions = await judge(
    tx,
    fresh.map(({ ask }) => ask),
  )
  const answers = new Map<HeldAsk, Answer | Refusal>()
  const allowed: { asked: HeldAsk; decision: Allowed; answer: Answer }[] = []
  fresh.forEach((asked, i) => {
    const decision = decisions[i]!
    if (decision.decision === 'refused' && decision.code === 'key_reused') return answers.set(asked, reused(asked))
    const answer = show(decision, asked.admissionId)
    if (decision.decision === 'allowed') allowed.push({ asked, decision, answer })
    return answers.set(asked, answer)
  })
  const kept = await insertAnswers(
    tx,
    allowed.map(({ asked, answer }) => ({ ...asked, status: 200, response: JSON.stringify(answer) })),
  )
  // A name that another request took just now, for another account: nothing is held for this one.
  allowed.forEach(({ asked }, i) => kept[i] || answers.set(asked, reused(asked)))
  await hold(
    tx,
    allowed.flatMap(({ decision }, i) => (kept[i] ? decision : [])),
  )
  return batch.map((asked, i) => {
    const before = stored[i]
    if (!before) return answers.get(asked)!
    return before.fingerprint === asked.fingerprint ? (JSON.parse(before.response) as Answer) : reused(asked)
  })
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
