import { explain, type Language, type ResponseOf, type Routes } from '@corehour/contract'
import { perApp, Refusal } from '../../../base/index.ts'
import { applyEvents, type EventResult } from '../../../metering/index.ts'
import type { HandlersOf } from '../call.ts'

type Shown = ResponseOf<Routes['usage']['send']>['results'][number]

/** In one request. */
const MOST_EVENTS = 1000
/** Events that are applied or wait: a kilobyte each in memory, and at 40,000 a second less than a second's work. */
const MOST_WAITING = 32_000

const gateIn = perApp(openGate)

export const usageHandlers: HandlersOf<'usage'> = {
  send: {
    async outside(app, { body, caller, language }) {
      const inputs = eventsIn(body)
      return gateIn(app)(inputs.length, async () => {
        const foreign = inputs.map((input) => isForeign(input, caller.sources))
        const own = inputs.filter((_, i) => !foreign[i])
        const applied = (await applyEvents(app, own)).values()
        const results = inputs.map((input, i) =>
          show(foreign[i] ? foreignResult(input as Sent, caller.sources) : applied.next().value!, language),
        )
        return { results }
      })
    },
  },
}

type Sent = { source: string; id: unknown }

/** @throws Refusal bad_request: nothing, or too much at once. */
function eventsIn(body: unknown): readonly unknown[] {
  if (body === undefined) throw new Refusal('bad_request', { detail: 'the body is an event, or a list of events' })
  if (!Array.isArray(body)) return [body]
  if (body.length > MOST_EVENTS)
    throw new Refusal('bad_request', { detail: `at most ${MOST_EVENTS} events in one request, not ${body.length}` })
  return body
}

/** Whether an event names a source, and one that is not the caller's; what names none is judged with the rest of it. */
function isForeign(input: unknown, sources: readonly string[]): input is Sent {
  if (typeof input !== 'object' || input === null) return false
  const { source } = input as Record<string, unknown>
  return typeof source === 'string' && !sources.includes(source)
}

function foreignResult({ source, id }: Sent, sources: readonly string[]): EventResult {
  const details = { value: source, sources: sources.join(', ') }
  return { source, id: typeof id === 'string' ? id : '', status: 'refused', code: 'foreign_source', details }
}

/** What was not plainly taken says why. */
function show(result: EventResult, language: Language): Shown {
  const { source, id, status, code, details } = result
  if (code === undefined) return result
  return { source, id, status, code, message: explain(code, details, language) }
}

/** What would be too much is sent away untouched: memory stays bounded, and the sender learns that it is too fast. */
function openGate(): <T>(events: number, work: () => Promise<T>) => Promise<T> {
  let inside = 0
  return async (events, work) => {
    if (inside + events > MOST_WAITING) throw new Refusal('busy', { seconds: 1 })
    inside += events
    try {
      return await work()
    } finally {
      inside -= events
    }
  }
}
