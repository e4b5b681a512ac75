export { runningAmounts } from '@corehour/contract'
