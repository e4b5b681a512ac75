import { LIST, LIST_HELP, listed, more, open, REMOTE_HELP } from '../call.ts'
import { localTime, localZone } from '../show.ts'
import { table } from '../table.ts'
import { EXIT, UsageError, type Verb } from '../verb.ts'

const STATES = ['open', 'credited', 'rejected'] as const

export const disputesVerb: Verb = {
  summary: 'payments that fit no order',
  help: `corehour disputes [options]

A payment that came and does not fit its order: nothing was credited for it.

  --state STATE         open, credited or rejected; open where left out
${LIST_HELP}${REMOTE_HELP}
Example: corehour disputes
`,
  async run(args, terminal) {
    const { call, client, values } = await open(args, terminal, { state: { type: 'string' }, ...LIST })
    const state = STATES.find((each) => each === (values.state ?? 'open'))
    if (!state) throw new UsageError(`--state is ${STATES.join(', ')}, not '${values.state}'`)
    const rows = await listed(client.disputes.list, { state }, values)
    call.print(rows, () => {
      if (rows.data.length === 0) return `There are no ${state} disputes.\n`
      const columns = [
        { title: 'Dispute' },
        { title: `Since (${localZone()})` },
        { title: 'Why' },
        { title: 'Paid', right: true },
        { title: 'Channel' },
        { title: 'Payment' },
        { title: 'Order' },
        { title: 'Account' },
      ]
      const cells = rows.data.map((row) => [
        row.dispute_id,
        localTime(row.opened_at),
        row.reason.replaceAll('_', ' '),
        row.paid === null ? '' : `${row.paid.amount} ${row.paid.currency}`,
        row.channel,
        row.payment_id,
        row.order_id ?? '',
        row.account_id ?? '',
      ])
      return `${table(columns, cells)}${more(rows)}`
    })
    return EXIT.done
  },
}
