import { createHmac, timingSafeEqual } from 'node:crypto'
import { addSeconds, type At } from './clock.ts'
import { nowOf, type Stand } from './stand.ts'

/** A text that only this sandbox can have made, which names something until an instant. */
export function makeToken(stand: Stand, what: string, seconds: number): string {
  const claim = Buffer.from(JSON.stringify([what, addSeconds(nowOf(stand), seconds)])).toString('base64url')
  return `${claim}.${seal(stand, claim)}`
}

/** What a token names; undefined for one that is not ours or too old. */
export function readToken(stand: Stand, token: string | undefined): string | undefined {
  const [claim = '', mark = ''] = (token ?? '').split('.')
  const wanted = Buffer.from(seal(stand, claim))
  const given = Buffer.from(mark)
  if (wanted.length !== given.length || !timingSafeEqual(wanted, given)) return undefined
  const [what, until] = JSON.parse(Buffer.from(claim, 'base64url').toString()) as [string, At]
  return until > nowOf(stand) ? what : undefined
}

function seal(stand: Stand, claim: string): string {
  return createHmac('sha256', stand.identity.secret).update(claim).digest('base64url')
}
