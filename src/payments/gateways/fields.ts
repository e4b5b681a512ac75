import { Refusal, Unavailable } from '../../base/index.ts'
import type { Channel, Gateway, Notice, RawNotice } from '../gateway.ts'

/** A message that lacks what it must have. */
export class Unreadable extends Unavailable {
  constructor(what: string) {
    super(what)
    this.name = 'Unreadable'
  }
}

/** Reads members of an object that came from outside. Every method throws Unreadable for what is not as it must be. */
export type Fields = {
  /** Whether it has a member that is neither null nor empty text. */
  has(name: string): boolean
  text(name: string): string
  /** Null where it is missing or empty. */
  maybe(name: string): string | null
  /** A whole number as it stands. */
  whole(name: string): bigint
  object(name: string): Fields
  list(name: string): Fields[]
  instant(name: string): Temporal.Instant
}

/** @param what how errors call the message. */
export function fieldsOf(what: string, value: unknown): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Unreadable(`${what}: not an object`)
  const member = (name: string): unknown =>
    Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : null
  const wrong = (name: string) => new Unreadable(`${what}: no usable ${name}`)
  const maybe = (name: string) => {
    const found = member(name)
    if (found === null || found === undefined || found === '') return null
    if (typeof found === 'string') return found
    if (typeof found === 'number') return String(found)
    throw wrong(name)
  }
  const text = (name: string) => {
    const found = maybe(name)
    if (found === null) throw wrong(name)
    return found
  }
  return {
    has: (name) => ![null, undefined, ''].some((nothing) => member(name) === nothing),
    maybe,
    text,
    whole(name) {
      const found = member(name)
      if (!Number.isSafeInteger(found)) throw wrong(name)
      return BigInt(found as number)
    },
    object: (name) => fieldsOf(`${what}: ${name}`, member(name)),
    list(name) {
      const found = member(name)
      if (found === null || found === undefined) return []
      if (!Array.isArray(found)) throw wrong(name)
      return found.map((each) => fieldsOf(`${what}: ${name}`, each))
    },
    instant(name) {
      try {
        return Temporal.Instant.from(text(name))
      } catch {
        throw wrong(name)
      }
    },
  }
}

/** @throws Unreadable when it is not a JSON object. */
export function readJson(what: string, body: Buffer | string): Fields {
  let value: unknown
  try {
    value = JSON.parse(body.toString())
  } catch {
    throw new Unreadable(`${what}: not JSON`)
  }
  return fieldsOf(what, value)
}

export function refuseNotice(channel: Channel, detail: string): Refusal {
  return new Refusal('bad_signature', { channel, detail })
}

/** A reader of notices: once one is verified, one that can't be read is refused as well. */
export function noticeReader<Verified>(
  channel: Channel,
  verify: (raw: RawNotice) => Promise<Verified>,
  read: (verified: Verified) => Notice,
): Gateway['readNotice'] {
  return async (raw) => {
    const verified = await verify(raw)
    try {
      return read(verified)
    } catch (error) {
      throw error instanceof Unreadable ? refuseNotice(channel, error.message) : error
    }
  }
}
