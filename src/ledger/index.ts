export { dayOfInstant, dayStart, LOOKED_AT, secondsBetween, type Invariant } from './invariant.ts'
export { ledgerInvariants } from './invariants.ts'
export { postings } from './postings.ts'
export type { Posting, PostingSource } from './store.ts'
