import type { Language, Topic } from '@corehour/contract'
import type { Around, Letter, Words } from './letter.ts'
import { confirmEmail, confirmSignUp, invitation, knownAddress, resetPassword } from './letters/links.ts'
import { cardExpiring, cardIssued, topUpDisputed, topUpPaid } from './letters/money.ts'
import { emailChanged, passwordChanged } from './letters/people.ts'
import type { Data } from './message.ts'

const TOPICS: Record<Topic, Words> = {
  'topup.paid': topUpPaid,
  'topup.disputed': topUpDisputed,
  'card.issued': cardIssued,
  'card.expiring': cardExpiring,
  'password.changed': passwordChanged,
  'email.changed': emailChanged,
}
/** Letters that carry a link or say why there is none. Nobody but the address's owner hears of them, so they are no topics. */
const LINKS = { confirmSignUp, knownAddress, confirmEmail, resetPassword, invitation } as const

/** What is told of something that happened. */
export function writeLetter(topic: Topic, data: Data, around: Around, language: Language): Letter {
  return TOPICS[topic][language](data, around)
}

/** What is told to who can read an address's mail. */
export function writeLinkLetter(kind: keyof typeof LINKS, data: Data, around: Around, language: Language): Letter {
  return LINKS[kind][language](data, around)
}
