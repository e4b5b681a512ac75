import { parseInstant, Refusal, secondsOf } from '../base/index.ts'
import { checkQuantity, type Quantity } from '../pricing/index.ts'
import type { ObservationType, UsageKind } from './fold.ts'

/** A usage event as a platform sent it, checked. */
export type UsageEvent = {
  source: string
  id: string
  subject: string
  type: ObservationType
  at: Temporal.Instant
  run: number
  project: string | undefined
  user: string | undefined
  kind: UsageKind | undefined
  sku: string | undefined
  quantity: Quantity | undefined
  quote: string | undefined
  /** Whose hold the start takes over. */
  admission: string | undefined
}

const TYPES: Record<string, ObservationType> = {
  'corehour.usage.started': 'started',
  'corehour.usage.resized': 'resized',
  'corehour.usage.stopped': 'stopped',
}
const KINDS = new Set(['job', 'node', 'storage'])
// oxlint-disable-next-line no-control-regex -- a third of what \p{Cc} costs, seven times an event
const CONTROL = /[\0-\x1f\x7f-\x9f]/
const FUTURE_SECONDS = 60
/** Use older than this is not taken from events: a sender's clock or unit is wrong far more often than it is that late. */
const OLDEST_DAYS = 400

/**
 * Reads one CloudEvent.
 * @throws Refusal bad_event, bad_quantity, bad_time.
 */
export function parseUsageEvent(input: unknown): UsageEvent {
  const event = record(input, 'the event')
  if (event.specversion !== '1.0') throw bad('specversion must be "1.0"')
  const data = record(event.data ?? {}, 'data')
  const type = readType(event.type, data)
  const isOpening = type === 'started' || type === 'running'
  const isSized = isOpening || type === 'resized'
  return {
    source: text(event.source, 'source'),
    id: text(event.id, 'id'),
    subject: text(event.subject, 'subject'),
    type,
    at: parseInstant(text(event.time, 'time')),
    run: readRun(data.run),
    project: isOpening || data.project !== undefined ? text(data.project, 'data.project') : undefined,
    user: isOpening ? text(data.user, 'data.user') : undefined,
    kind: isOpening ? readKind(data.kind) : undefined,
    sku: isOpening ? text(data.sku, 'data.sku') : undefined,
    quantity: isSized ? readQuantity(isOpening ? (data.sku as string) : undefined, data.quantity) : undefined,
    quote: isOpening && data.quote !== undefined ? text(data.quote, 'data.quote') : undefined,
    admission: isOpening && data.admission !== undefined ? text(data.admission, 'data.admission') : undefined,
  }
}

/**
 * Whether an event is due: `later` when it lies up to 60 s ahead. A transaction's instant is a whole second, and so is what counts of an
 * event's: one of this second is due.
 * @throws Refusal in_future beyond that, too_old more than 400 days back.
 */
export function checkTime(event: UsageEvent, now: Temporal.Instant): 'due' | 'later' {
  const ahead = secondsOf(event.at) - secondsOf(now)
  if (ahead > FUTURE_SECONDS) throw new Refusal('in_future', { value: event.at.toString() })
  if (ahead < -OLDEST_DAYS * 86_400) throw new Refusal('too_old', { value: event.at.toString(), days: OLDEST_DAYS })
  return ahead > 0 ? 'later' : 'due'
}

/** Whether an event can begin a span, and so carries whose use it is. */
export function opens(event: UsageEvent): boolean {
  return event.type === 'started' || event.type === 'running'
}

function readType(type: unknown, data: Record<string, unknown>): ObservationType {
  if (type === 'corehour.usage.exists') {
    if (typeof data.running !== 'boolean') throw bad('data.running must be true or false')
    return data.running ? 'running' : 'absent'
  }
  const known = typeof type === 'string' ? TYPES[type] : undefined
  if (!known) throw bad('type must be corehour.usage.started, resized, stopped or exists')
  return known
}

function readRun(run: unknown): number {
  if (run === undefined) return 1
  if (typeof run !== 'number' || !Number.isInteger(run) || run < 1 || run > 2_147_483_647)
    throw bad('data.run must be a whole number from 1')
  return run
}

function readKind(kind: unknown): UsageKind {
  if (typeof kind !== 'string' || !KINDS.has(kind)) throw bad('data.kind must be job, node or storage')
  return kind as UsageKind
}

function readQuantity(sku: string | undefined, quantity: unknown): Quantity {
  return checkQuantity(sku, record(quantity ?? {}, 'data.quantity'))
}

function record(value: unknown, name: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw bad(`${name} must be an object`)
  return value as Record<string, unknown>
}

/** Up to 256 characters without control characters: PostgreSQL can't keep a NUL, and a log can't show the others. */
function text(value: unknown, name: string): string {
  if (typeof value !== 'string' || value === '' || value.length > 256 || CONTROL.test(value) || !value.isWellFormed()) {
    throw bad(`${name} must be a text of 1 to 256 characters`)
  }
  return value
}

function bad(detail: string): Refusal {
  return new Refusal('bad_event', { detail })
}
