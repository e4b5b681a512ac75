export { applyEvents, retryParked, type EventResult } from './apply.ts'
export { correctedSince, usedAsOf, type UsedStretch } from './asOf.ts'
export { askCommand } from './commands/ask.ts'
export { refuseCommand, takeCommand } from './commands/answer.ts'
export { readDue, readStanding, type Command } from './commands/store.ts'
export { deleteProject } from './deleteProject.ts'
export {
  fold,
  compareObservations,
  type FoldContext,
  type Folded,
  type FoldedSpan,
  type Observation,
  type UsageKind,
} from './fold.ts'
export { parseUsageEvent, type UsageEvent } from './event.ts'
export { meteringInvariants } from './invariants.ts'
export { reckonSpan, spans, type Span, type SpanFilter } from './spans.ts'
