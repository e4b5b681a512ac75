import {
  accountOf,
  ACTING,
  ACTING_HELP,
  confirm,
  LIST,
  LIST_HELP,
  listed,
  more,
  open,
  REMOTE_HELP,
  type Call,
} from '../call.ts'
import { localTime, localZone } from '../show.ts'
import { amountOf, table } from '../table.ts'
import { EXIT, UsageError, type Terminal, type ValuesOf, type Verb } from '../verb.ts'

const STATES = ['open', 'credited', 'rejected'] as const
const OPTIONS = {
  state: { type: 'string' },
  credit: { type: 'boolean' },
  reject: { type: 'boolean' },
  account: { type: 'string' },
  amount: { type: 'string' },
  note: { type: 'string' },
  ...LIST,
  ...ACTING,
} as const
type Values = ValuesOf<typeof OPTIONS>

export const disputesVerb: Verb = {
  summary: 'payments that fit no order: list, settle',
  help: `corehour disputes [options]
corehour disputes settle DISPUTE (--credit | --reject) --note TEXT [options]

A payment that came and does not fit its order: nothing was credited for it yet. It is settled once, and for good.

  --state STATE         open, credited or rejected; open where left out
  --credit              credit what was paid
  --reject              credit nothing; what was paid is given back by other ways
  --account ID          whom to credit, by id or name; needed where the order is none of ours
  --amount AMOUNT       how much; needed where another currency was paid, else all of it
  --note TEXT           why; kept with the dispute
${LIST_HELP}${ACTING_HELP}${REMOTE_HELP}
Example: corehour disputes settle disp_01jz8w3v5x000000000000000h --credit --note "Paid by an old QR code"
`,
  words: ['settle'],
  async run(args, terminal) {
    const { call, values, positionals } = await open(args, terminal, OPTIONS, { most: 2 })
    const [verb, which] = positionals
    if (verb === undefined) return list(call, values)
    if (verb !== 'settle') throw new UsageError(`there is settle, not '${verb}'`)
    if (which === undefined) throw new UsageError("settle needs the DISPUTE's id: see corehour disputes")
    return settle(call, which, values, terminal)
  },
}

async function list({ client, print }: Call, values: Values): Promise<number> {
  const state = STATES.find((each) => each === (values.state ?? 'open'))
  if (!state) throw new UsageError(`--state is ${STATES.join(', ')}, not '${values.state}'`)
  const rows = await listed(client.disputes.list, { state }, values)
  print(rows, () => {
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
}

async function settle(call: Call, dispute_id: string, values: Values, terminal: Terminal): Promise<number> {
  const { credit, reject, amount, note, yes } = values
  if (!credit === !reject) throw new UsageError('say either --credit or --reject')
  if (note === undefined) throw new UsageError('--note TEXT is needed: it says why')
  const account_id = values.account === undefined ? undefined : await accountOf(call, values.account, yes)
  const question = credit ? `Credit what was paid (${dispute_id})?` : `Credit nothing for ${dispute_id}, for good?`
  if (!(await confirm(terminal, question, yes))) return EXIT.failed
  const done = await call.client.disputes.settle(
    { dispute_id, decision: credit ? 'credit' : 'reject', account_id, amount, note },
    { idempotencyKey: values['idempotency-key'] },
  )
  call.print(done, () => (done.credited === null ? 'Nothing was credited\n' : `Credited ${amountOf(done.credited)}\n`))
  return EXIT.done
}
