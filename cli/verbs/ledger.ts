import { accountOf, LIST, LIST_HELP, listed, more, open, REMOTE_HELP } from '../call.ts'
import { localTime, localZone } from '../show.ts'
import { amounts, table } from '../table.ts'
import { EXIT, type Verb } from '../verb.ts'

export const ledgerVerb: Verb = {
  summary: "an account's journal, newest first",
  help: `corehour ledger [options]

Every posting has a number without a gap, and says from where to where its amount went: of what was deducted (unattributed), of
payments and cards (lot:..), from a gateway or a promotion, into revenue.

  --account ID          another account than the key's own, for staff: its id, or a part of its name
${LIST_HELP}${REMOTE_HELP}
Example: corehour ledger --limit 50
`,
  async run(args, terminal) {
    const { call, client, values } = await open(args, terminal, { account: { type: 'string' }, ...LIST })
    const account_id = await accountOf(call, values.account)
    const rows = await listed(client.accounts.postings, { account_id }, values)
    call.print(rows, () => {
      const [newest] = rows.data
      if (!newest) return 'Nothing has been booked yet.\n'
      const show = amounts(rows.data.map(({ amount }) => amount))
      const columns = [
        { title: 'No', right: true },
        { title: `When (${localZone()})` },
        { title: 'What' },
        { title: `Amount ${newest.amount.currency}`, right: true },
        { title: 'From' },
        { title: 'To' },
      ]
      const cells = rows.data.map((row) => [
        String(row.seq),
        localTime(row.at),
        row.source,
        show(row.amount),
        row.debit,
        row.credit,
      ])
      return `${table(columns, cells)}${more(rows)}`
    })
    return EXIT.done
  },
}
