export type { Allowed, Ask, Decision, Refused } from './decide.ts'
export { heldBefore, hold, judge, lockPayers } from './judge.ts'
