export type { Allowed, Ask, Decision, Refused } from './decide.ts'
export { hold, judge, lockPayers } from './judge.ts'
