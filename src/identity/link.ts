import { Refusal, type Tx } from '../base/index.ts'
import { insertLink, readLink, useLink, useLinksAbout } from './linkStore.ts'
import { hashOf, newSecret } from './secret.ts'

export type LinkPurpose = 'sign_up' | 'password' | 'email'
/** What a mailed link stands for. */
export type Link = {
  purpose: LinkPurpose
  /** The sign-up, or the user. */
  about: string
  /** The address that it was mailed to. */
  email: string
  createdAt: Temporal.Instant
  expiresAt: Temporal.Instant
  usedAt: Temporal.Instant | null
  usedBy: string | null
}

/** Long enough to be found in the evening; the one that changes a password is asked for right before. */
const HOURS: Record<LinkPurpose, number> = { sign_up: 24, password: 1, email: 24 }

/** Makes a link's token. It is in the answer and nowhere else: only its hash is kept. */
export async function makeLink(
  tx: Tx,
  what: Pick<Link, 'purpose' | 'about' | 'email'>,
): Promise<{ token: string; expiresAt: Temporal.Instant }> {
  const token = newSecret('link')
  const expiresAt = tx.now.add({ hours: HOURS[what.purpose] })
  await insertLink(tx, { ...what, createdAt: tx.now, expiresAt, usedAt: null, usedBy: null }, hashOf(token))
  return { token, expiresAt }
}

/** @throws Refusal link_spent for a token that is none, was used, or is over. */
export async function findLink(tx: Tx, token: string, purposes: readonly LinkPurpose[]): Promise<Link> {
  const link = await readLink(tx, hashOf(token))
  const counts = link && !link.usedAt && Temporal.Instant.compare(tx.now, link.expiresAt) < 0
  if (!counts || !purposes.includes(link.purpose)) throw new Refusal('link_spent')
  return link
}

/**
 * Uses a link up, once, and all others for the same: two at the same time wait for each other, and the second is refused. `by` names the
 * request, which may use it again when its commit's answer was lost.
 * @throws Refusal link_spent.
 */
export async function spendLink(tx: Tx, token: string, by: string): Promise<Link> {
  const link = await useLink(tx, hashOf(token), by)
  if (!link) throw new Refusal('link_spent')
  await useLinksAbout(tx, link, by)
  return link
}
