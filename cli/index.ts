import { accountsVerb, actionsVerb, blockVerb, creditVerb, grantVerb } from './verbs/accounts.ts'
import { balanceVerb } from './verbs/balance.ts'
import { billVerb } from './verbs/bill.ts'
import { detailsVerb } from './verbs/details.ts'
import { estimateVerb, quoteVerb } from './verbs/estimate.ts'
import { jobsVerb } from './verbs/jobs.ts'
import { keysVerb } from './verbs/keys.ts'
import { ledgerVerb } from './verbs/ledger.ts'
import { pricesVerb } from './verbs/prices.ts'
import { profileVerb } from './verbs/profile.ts'
import { membersVerb, projectsVerb } from './verbs/projects.ts'
import type { Verb } from './verb.ts'

/** What a server is asked through its API. */
export const remoteVerbs = {
  balance: balanceVerb,
  ledger: ledgerVerb,
  bill: billVerb,
  details: detailsVerb,
  jobs: jobsVerb,
  prices: pricesVerb,
  estimate: estimateVerb,
  quote: quoteVerb,
  projects: projectsVerb,
  members: membersVerb,
  keys: keysVerb,
  accounts: accountsVerb,
  credit: creditVerb,
  grant: grantVerb,
  block: blockVerb,
  actions: actionsVerb,
  profile: profileVerb,
} as const satisfies Record<string, Verb>

export { explainFailure } from './failure.ts'
export { settingsOf, wantsNoColour } from './settings.ts'
export { amountOf, grouped, money, placesFor, table, type Column } from './table.ts'
export { EXIT, languageOf, readArgs, UsageError, type Options, type Terminal, type Verb } from './verb.ts'
export { completionVerb } from './verbs/completion.ts'
