import { accountsVerb, accountVerb, actionsVerb } from './verbs/accounts.ts'
import { auditVerb } from './verbs/audit.ts'
import { balanceVerb } from './verbs/balance.ts'
import { billVerb } from './verbs/bill.ts'
import { cardsVerb, redeemVerb } from './verbs/cards.ts'
import { detailsVerb } from './verbs/details.ts'
import { disputesVerb } from './verbs/disputes.ts'
import { estimateVerb, quoteVerb } from './verbs/estimate.ts'
import { blockVerb, creditVerb, grantVerb, unblockVerb } from './verbs/funding.ts'
import { jobsVerb } from './verbs/jobs.ts'
import { keysVerb } from './verbs/keys.ts'
import { ledgerVerb } from './verbs/ledger.ts'
import { pricesVerb } from './verbs/prices.ts'
import { profileVerb } from './verbs/profile.ts'
import { membersVerb, projectsVerb } from './verbs/projects.ts'
import { stopVerb } from './verbs/stop.ts'
import { topupsVerb, topupVerb } from './verbs/topup.ts'
import type { Verb } from './verb.ts'

/** What a server is asked through its API, by whom it is for. */
export const remoteVerbs = {
  customers: {
    balance: balanceVerb,
    topup: topupVerb,
    topups: topupsVerb,
    redeem: redeemVerb,
    cards: cardsVerb,
    ledger: ledgerVerb,
    bill: billVerb,
    details: detailsVerb,
    jobs: jobsVerb,
    stop: stopVerb,
    prices: pricesVerb,
    estimate: estimateVerb,
    quote: quoteVerb,
    projects: projectsVerb,
    members: membersVerb,
    keys: keysVerb,
    profile: profileVerb,
  },
  staff: {
    accounts: accountsVerb,
    account: accountVerb,
    credit: creditVerb,
    grant: grantVerb,
    disputes: disputesVerb,
    block: blockVerb,
    unblock: unblockVerb,
    actions: actionsVerb,
    audit: auditVerb,
  },
} as const satisfies Record<string, Record<string, Verb>>

export { explainFailure } from './failure.ts'
export { settingsOf, wantsNoColour } from './settings.ts'
export { readDay } from './filter.ts'
export { grouped, money, placesFor, table } from './table.ts'
export { EXIT, languageOf, nearest, readArgs, UsageError, type Options, type Terminal, type Verb } from './verb.ts'
export { violationsText } from './verbs/audit.ts'
export { billHelp } from './verbs/bill.ts'
export { completionVerb } from './verbs/completion.ts'
