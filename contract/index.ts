export { ACTIONS, type Action } from './actions.ts'
export { refusals, explain, type RefusalCode, type Language } from './refusals.ts'
export {
  COMMON_REFUSALS,
  IDEMPOTENCY_REFUSALS,
  namesIn,
  STAFF_ROLES,
  type BodyOf,
  type ParamsOf,
  type QueryOf,
  type ResponseOf,
  type Route,
  type Scope,
  type StaffRole,
} from './route.ts'
export { listRoutes, routes, type Routes } from './routes/index.ts'
export { DEFAULT_CURRENCY } from './routes/prices.ts'
export { divideHalfUp, formatGrains, GRAINS_PER_UNIT, runningAmounts } from './money.ts'
export { topics, type Topic } from './topics.ts'
export { openApi } from './openapi.ts'
