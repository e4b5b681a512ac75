export { formatOf, readTrace, traceFormats } from './read.ts'
export { countSkips, explainSkip, skipReasons } from './trace.ts'
export type { SkippedRow, SkipReason, Trace, TraceFormat, TraceQuantity, TraceRow } from './trace.ts'
