import type { Route } from '../route.ts'
import { accounts } from './accounts.ts'
import { bills, spans } from './bills.ts'
import { exports } from './exports.ts'
import { commands } from './commands.ts'
import { health } from './health.ts'
import { messages } from './messages.ts'
import { disputes, notices, payments } from './payments.ts'
import { cardBatches, cards } from './cards.ts'
import { names, projects, users } from './people.ts'
import { estimates, priceLists, prices, quotes } from './prices.ts'
import { reports } from './reports.ts'
import { me, passwords, sessions, signUp } from './sessions.ts'
import { keys, staff, testClock } from './staff.ts'
import { topUps } from './topups.ts'
import { admissions, usage } from './usage.ts'

/** The whole API, by noun and verb. A new route is one entry here and one handler in the server. */
export const routes = {
  me,
  usage,
  admissions,
  accounts,
  bills,
  spans,
  commands,
  exports,
  topUps,
  payments,
  disputes,
  notices,
  prices,
  priceLists,
  estimates,
  quotes,
  users,
  projects,
  names,
  cards,
  cardBatches,
  keys,
  staff,
  reports,
  health,
  signUp,
  sessions,
  passwords,
  messages,
  testClock,
} as const satisfies Record<string, Record<string, Route>>

export type Routes = typeof routes

/** Every route with its name, such as `accounts.get`. */
export function listRoutes(): { name: string; route: Route }[] {
  return Object.entries(routes).flatMap(([noun, verbs]) =>
    Object.entries(verbs as Record<string, Route>).map(([verb, route]) => ({ name: `${noun}.${verb}`, route })),
  )
}
