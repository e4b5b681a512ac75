import { accountOf, first, open, REMOTE_HELP } from '../call.ts'
import { localTime } from '../show.ts'
import { amounts, table } from '../table.ts'
import { EXIT, UsageError, type Verb } from '../verb.ts'

export const ledgerVerb: Verb = {
  summary: "an account's journal, newest first",
  help: `corehour ledger [options]

Every posting has a number without a gap, and says from where to where its amount went.

  --account ID          another account than the key's own, for staff
  --limit N             so many postings; 20 where left out
${REMOTE_HELP}
Example: corehour ledger --limit 50
`,
  async run(args, terminal) {
    const { call, client, values } = open(args, terminal, { account: { type: 'string' }, limit: { type: 'string' } })
    const limit = readLimit(values.limit ?? '20')
    const account_id = await accountOf(client, values.account)
    const rows = await first(client.accounts.postings.each({ account_id, limit: Math.min(limit, 1000) }), limit)
    call.print({ data: rows }, () => {
      if (rows.length === 0) return 'Nothing has been booked yet.\n'
      const show = amounts(rows.map(({ amount }) => amount))
      const columns = [
        { title: 'No', right: true },
        { title: 'When' },
        { title: 'What' },
        { title: `Amount ${rows[0]!.amount.currency}`, right: true },
        { title: 'From' },
        { title: 'To' },
      ]
      return table(
        columns,
        rows.map((row) => [String(row.seq), localTime(row.at), row.source, show(row.amount), row.debit, row.credit]),
      )
    })
    return EXIT.done
  },
}

export function readLimit(text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new UsageError(`--limit is a whole number from 1, not '${text}'`)
  return Number(text)
}
