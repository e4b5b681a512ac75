import type { Handlers } from '../call.ts'
import type { Services } from '../services.ts'
import { accountHandlers } from './accounts.ts'
import { admissionHandlers } from './admissions.ts'
import { billHandlers } from './bills.ts'
import { cardBatchHandlers, cardHandlers } from './cards.ts'
import { commandHandlers } from './commands.ts'
import { estimateHandlers } from './estimates.ts'
import { exportHandlers } from './exports.ts'
import { healthHandlers } from './health.ts'
import { keyHandlers } from './keys.ts'
import { meHandlers } from './me.ts'
import { messageHandlers } from './messages.ts'
import { passwordHandlers } from './passwords.ts'
import { disputeHandlers, noticeHandlers, paymentHandlers } from './payments.ts'
import { nameHandlers } from './names.ts'
import { priceListHandlers, priceHandlers } from './prices.ts'
import { projectHandlers } from './projects.ts'
import { quoteHandlers } from './quotes.ts'
import { reportHandlers } from './reports.ts'
import { sessionHandlers } from './sessions.ts'
import { signUpHandlers } from './signUp.ts'
import { spanHandlers } from './spans.ts'
import { staffHandlers } from './staff.ts'
import { testClockHandlers } from './testClock.ts'
import { topUpHandlers } from './topUps.ts'
import { usageHandlers } from './usage.ts'
import { userHandlers } from './users.ts'

/** What serves each route of the contract. */
export function makeHandlers(services: Services): Handlers {
  return {
    me: meHandlers(services),
    usage: usageHandlers,
    admissions: admissionHandlers(services),
    accounts: accountHandlers,
    bills: billHandlers,
    spans: spanHandlers,
    commands: commandHandlers,
    exports: exportHandlers(services),
    topUps: topUpHandlers(services),
    payments: paymentHandlers,
    disputes: disputeHandlers,
    notices: noticeHandlers,
    prices: priceHandlers,
    priceLists: priceListHandlers,
    estimates: estimateHandlers,
    quotes: quoteHandlers,
    users: userHandlers(services),
    projects: projectHandlers,
    names: nameHandlers,
    cards: cardHandlers,
    cardBatches: cardBatchHandlers,
    keys: keyHandlers(services),
    staff: staffHandlers,
    reports: reportHandlers,
    health: healthHandlers(services),
    signUp: signUpHandlers,
    sessions: sessionHandlers(services),
    passwords: passwordHandlers(services),
    messages: messageHandlers,
    testClock: testClockHandlers(services),
  }
}
