export { endHold, findDueHolds, lockWallet, placeHold, type HoldRequest } from './hold.ts'
export { walletInvariants } from './invariants.ts'
export { openAccount } from './openAccount.ts'
export { lockDueWallets, lockedWallets, settleWallets } from './settle.ts'
export {
  AMONG,
  among,
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
