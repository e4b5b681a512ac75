import { accountOf, open, REMOTE_HELP } from '../call.ts'
import { distance, lines, localTime, paint } from '../show.ts'
import { amounts } from '../table.ts'
import { EXIT, type Verb } from '../verb.ts'

export const balanceVerb: Verb = {
  summary: 'what is left, what runs, and until when it lasts',
  help: `corehour balance [ACCOUNT] [options]

The balance now, to the second: nothing in it is cached.

  ACCOUNT               another account than the key's own, for staff
${REMOTE_HELP}
Example: corehour balance
`,
  async run(args, terminal) {
    const { call, client, positionals } = open(args, terminal, {}, { most: 1 })
    const account = await client.accounts.get({ account_id: await accountOf(client, positionals[0]) })
    const { balance: b, currency, name, account_id, blocked } = account
    call.print(account, () => {
      const parts = [b.settled, b.in_flight, b.held, b.available, b.cash, b.granted, b.arrears]
      const show = amounts(parts)
      const left = paint(terminal, BigInt(b.available.grains) > 0n ? 'bold' : 'red', show(b.available))
      const out =
        b.runs_out_at === null
          ? 'nothing runs'
          : BigInt(b.available.grains) <= 0n
            ? 'now: nothing new may start'
            : `${localTime(b.runs_out_at)}, in ${distance(b.as_of, b.runs_out_at)}`
      const head = `${name}  ${account_id}  (${currency})\n\n`
      const table = lines([
        ['Settled', show(b.settled), `through ${localTime(b.settled_at)}`],
        ['In flight', show(b.in_flight), `deducted at ${localTime(b.next_deduction_at)}`],
        ['Held', show(b.held), 'for what is about to start'],
        ['Available', show(b.available)],
        ['  of it cash', show(b.cash), `as billed through ${localTime(b.attributed_at)}`],
        ['  of it cards', show(b.granted)],
        ['Arrears', show(b.arrears)],
        ['Spend per hour', show(b.spend_per_hour)],
      ]).replace(show(b.available), left)
      const state = blocked
        ? `${paint(terminal, 'red', 'Blocked')} since ${localTime(blocked.at)}: ${blocked.reason}\n`
        : ''
      return `${head}${table}Runs out        ${out}\n${state}`
    })
    return EXIT.done
  },
}
