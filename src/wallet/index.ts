export { readBalances, type Balance } from './balance.ts'
export {
  debitPlainWallets,
  firstOfRange,
  isAnyWalletDue,
  lockDueWallets,
  within,
  WITHIN,
  type WalletRange,
} from './debit.ts'
export {
  endHold,
  findHolds,
  FOR_ADMISSION,
  lockWallet,
  placeHold,
  placeHolds,
  releaseHold,
  takeHolds,
  type HoldRequest,
} from './hold.ts'
export { findDueHolds } from './holdStore.ts'
export { walletInvariants } from './invariants.ts'
export { listLots } from './lots.ts'
export { openAccount } from './openAccount.ts'
export { lockedWallets, settleWallets, type LockedWallets } from './settle.ts'
export {
  AMONG,
  among,
  availableAt,
  changeWallets,
  insertWallet,
  lockWallets,
  readAllLots,
  readOpenLots,
  readWallets,
  type WalletChange,
  type WalletKey,
} from './store.ts'
export { available, compareLots, liveBalance, runsOutAt, type Lot, type Wallet } from './wallet.ts'
