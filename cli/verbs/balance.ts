import type { Client } from '@corehour/sdk'
import { accountOf, open, REMOTE_HELP } from '../call.ts'
import { distance, lines, localInstant, localTime, paint } from '../show.ts'
import { amounts } from '../table.ts'
import { EXIT, type Terminal, type Verb } from '../verb.ts'

export type Account = Awaited<ReturnType<Client['accounts']['get']>>

export const balanceVerb: Verb = {
  summary: 'what is left, what runs, and until when it lasts',
  help: `corehour balance [ACCOUNT] [options]

The balance now, to the second: nothing in it is cached. Available = settled - in flight - held.

  ACCOUNT               another account than the key's own, for staff: its id, or a part of its name
${REMOTE_HELP}
Example: corehour balance
`,
  async run(args, terminal) {
    const { call, client, positionals } = await open(args, terminal, {}, { most: 1 })
    const account = await client.accounts.get({ account_id: await accountOf(call, positionals[0]) })
    call.print(account, () => balanceText(account, terminal))
    return EXIT.done
  },
}

/** Every part of a balance under each other, and when it runs out. */
export function balanceText({ name, account_id, currency, blocked, balance: b }: Account, terminal: Terminal): string {
  const show = amounts([b.settled, b.in_flight, b.held, b.available, b.cash, b.granted, b.arrears, b.spend_per_hour])
  const used = BigInt(b.available.grains) <= 0n
  const owed = BigInt(b.arrears.grains) > 0n
  const parts = lines([
    ['Settled', show(b.settled), `through ${localTime(b.settled_at)}`],
    ['In flight', show(b.in_flight), `used since; deducted at ${localTime(b.next_deduction_at)}`],
    ['Held', show(b.held), 'for what is about to start'],
    ['Available', show(b.available)],
    ['Cash', show(b.cash), `left of payments, as billed through ${localTime(b.attributed_at)}`],
    ['Cards', show(b.granted), 'left of experience cards, as billed then'],
    ['Arrears', show(b.arrears), owed ? 'paid first by the next top-up' : ''],
    ['Spend per hour', show(b.spend_per_hour)],
  ])
    .replace(/^Available.*$/m, (line) => paint(terminal, used ? 'red' : 'bold', line))
    .replace(/^Arrears.*$/m, (line) => (owed ? paint(terminal, 'red', line) : line))
  const state = blocked
    ? `${paint(terminal, 'red', 'Blocked')} since ${localTime(blocked.at)}: ${blocked.reason}; nothing new may start\n`
    : ''
  const head = `${name}  ${account_id}\nin ${currency}, as of ${localInstant(b.as_of)}\n`
  return `${head}\n${parts}Runs out        ${endOf(b, used, terminal)}\n${state}`
}

function endOf({ runs_out_at, as_of }: Account['balance'], used: boolean, terminal: Terminal): string {
  if (used) return paint(terminal, 'red', 'it has: nothing new may start until it is topped up')
  if (runs_out_at === null) return 'never: nothing runs'
  const seconds = Temporal.Instant.from(runs_out_at).since(Temporal.Instant.from(as_of)).total('seconds')
  const text = `${localInstant(runs_out_at)}, in ${distance(as_of, runs_out_at)}`
  return seconds < 86_400 ? paint(terminal, 'yellow', text) : text
}
