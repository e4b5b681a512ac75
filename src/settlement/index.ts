export { runningAmounts } from './amounts.ts'
export type { BillFilter } from './billFilter.ts'
export {
  billLines,
  billTotals,
  cutTotals,
  largestTotals,
  openUse,
  type BillLine,
  type BillTotal,
  type Grouping,
  type LargestTotals,
  type OpenUse,
} from './bills.ts'
export { bringUp } from './bringUp.ts'
export { charge, type ChargeInput } from './charge.ts'
export { credit, creditAll, type Credited, type CreditInput } from './credit.ts'
export { attribute, deduct, expireDue } from './deduct.ts'
export { billDetails, type BillDetail } from './details.ts'
export { explainPosting, type Explanation } from './explain.ts'
export { fileNameOf, findExport, listExports, requestExport, type BillExport } from './exports/export.ts'
export { EXPORT_FORMATS, restoreFilter, type ExportFormat, type StoredFilter } from './exports/exportStore.ts'
export {
  dueExports,
  failTry,
  finishExport,
  forgetFile,
  giveBackExport,
  noteProgress,
  takeExport,
} from './exports/queue.ts'
export { writeDetails } from './exports/write.ts'
export { findBillLine, lineDetails, paidBy, type FoundLine, type PaidBy } from './line.ts'
export { accountsInArrears, arrearsByAge, liabilities, revenue, type ArrearsAge, type Liability } from './reports.ts'
export { settlementInvariants } from './invariants.ts'
