import type { TopUpOrder } from '@corehour/sdk'
import { accountOf, KEY_HELP, LIST, LIST_HELP, listed, more, open, REMOTE_HELP, type Call } from '../call.ts'
import { drawQr } from '../qr.ts'
import { localInstant, localTime, localZone } from '../show.ts'
import { amountOf, amounts, table } from '../table.ts'
import { EXIT, UsageError, type Terminal, type ValuesOf, type Verb } from '../verb.ts'

const CHANNELS = { alipay: 'Alipay', wechat: 'WeChat', paypal: 'PayPal' } as const
const OPTIONS = {
  channel: { type: 'string' },
  account: { type: 'string' },
  wait: { type: 'boolean' },
  'no-qr': { type: 'boolean' },
  'idempotency-key': { type: 'string' },
} as const
type Values = ValuesOf<typeof OPTIONS>

export const topupVerb: Verb = {
  summary: 'top up: draws the code to scan, and waits until it is paid',
  help: `corehour topup AMOUNT [--channel CHANNEL] [--wait] [options]
corehour topup show ORDER [--wait]
corehour topup cancel ORDER

Orders a top-up. What is drawn is scanned with Alipay or WeChat; PayPal opens a link. Arrears are paid first. Whoever stops waiting goes on with
corehour topup show ORDER --wait: the order stays open, and what is paid is credited, also when nobody waits.

  AMOUNT                such as 200 or 12.50
  --channel CHANNEL     alipay, wechat or paypal; may be left out where only one is open
  --wait                until it is paid; exit status 1 where it ends without a payment
  --no-qr               print the text of the code instead of drawing it (NO_COLOR draws for a dark terminal)
  --account ID          for staff: whose, by id or a part of its name
${KEY_HELP}${REMOTE_HELP}
Example: corehour topup 200 --channel alipay --wait
`,
  words: ['show', 'cancel'],
  async run(args, terminal) {
    const operands = { least: 1, most: 2, names: 'AMOUNT' }
    const { call, client, values, positionals } = await open(args, terminal, OPTIONS, operands)
    const [first, which] = positionals as [string, string | undefined]
    if (first !== 'show' && first !== 'cancel') {
      if (which !== undefined) throw new UsageError(`'${which}' is one word too many`)
      return pay(call, await order(call, first, values, terminal), values, terminal)
    }
    if (which === undefined) throw new UsageError(`${first} needs the ORDER's id: see corehour topups`)
    if (first === 'show') return pay(call, await client.topUps.get({ order_id: which }), values, terminal)
    const cancelled = await client.topUps.cancel({ order_id: which })
    call.print(cancelled, () => (isOpen(cancelled) ? 'It is being closed at the gateway\n' : outcome(cancelled)))
    return EXIT.done
  },
}

async function order(call: Call, amount: string, values: Values, terminal: Terminal): Promise<TopUpOrder> {
  if (!/^\d{1,12}(\.\d{1,2})?$/.test(amount))
    throw new UsageError(`AMOUNT is a plain decimal such as 200 or 12.50, not '${amount}'`)
  const account_id = await accountOf(call, values.account)
  const { channels, sandbox } = await call.client.topUps.options({ account_id })
  const open = channels.map(({ channel }) => channel)
  const [only, ...others] = open
  const channel = values.channel ?? (others.length === 0 ? only : undefined)
  const chosen = open.find((each) => each === channel)
  if (!chosen) {
    const given = channel === undefined ? '' : `, not '${channel}'`
    throw new UsageError(
      only === undefined ? 'nothing can be topped up here' : `--channel is ${open.join(' or ')}${given}`,
    )
  }
  if (sandbox) terminal.note('corehour: this is the sandbox: no money moves\n')
  return call.client.topUps.create(
    { account_id, amount, channel: chosen },
    { idempotencyKey: values['idempotency-key'] },
  )
}

/** Shows how an order is paid and how it stands; with --wait, until it is over. */
async function pay(call: Call, begun: TopUpOrder, values: Values, terminal: Terminal): Promise<number> {
  const waits = values.wait === true
  let [order, isShown] = [begun, show(begun, values, terminal)]
  if (waits && isOpen(begun)) {
    terminal.note(
      `corehour: waiting for ${begun.order_id} until ${localInstant(begun.expires_at)}; Ctrl-C ends the waiting only\n`,
    )
    try {
      for await (order of call.client.topUps.follow({ order_id: begun.order_id }))
        isShown ||= show(order, values, terminal)
    } catch (error) {
      terminal.note(
        `\ncorehour: the order stays open. corehour topup show ${order.order_id} --wait goes on, corehour topup cancel ${order.order_id} ends it\n`,
      )
      if (terminal.signal?.aborted) return EXIT.failed
      throw error
    }
  }
  call.print(order, () => (waits ? outcome(order) : standing(order)))
  return !waits || order.state === 'paid' ? EXIT.done : EXIT.failed
}

/** Draws what is to be scanned, or says what is to be opened. False where there is nothing (yet). */
function show({ qr, approve_url, channel, charged }: TopUpOrder, values: Values, terminal: Terminal): boolean {
  const text = qr ?? approve_url
  if (text === null) return false
  const draws = qr !== null && terminal.watched && !values['no-qr']
  if (draws) terminal.note(`\n${drawQr(text, terminal.colour === true)}\n`)
  const how = qr === null ? 'Open' : draws ? `Scan with ${CHANNELS[channel]}` : `For ${CHANNELS[channel]} to scan`
  terminal.note(`${how}: ${text}\nTo pay: ${charged.amount} ${charged.currency}\n`)
  return true
}

function isOpen({ state }: TopUpOrder): boolean {
  return state === 'opening' || state === 'awaiting'
}

/** How an order ended, in a sentence. */
function outcome(order: TopUpOrder): string {
  const { state, credited, arrears_paid, refusal } = order
  const arrears = BigInt(arrears_paid.grains) === 0n ? '' : `; ${amountOf(arrears_paid)} of it paid arrears`
  if (state === 'paid') return `Credited ${amountOf(credited)}${arrears}\n`
  if (state === 'disputed') return 'A payment came that does not fit the order: staff look into it\n'
  if (refusal) return `${CHANNELS[order.channel]} would not take the order: ${refusal.detail} (${refusal.code})\n`
  return `Not paid: the order ${state === 'expired' ? 'has expired' : 'is closed'}. A payment that still comes is credited\n`
}

function standing(order: TopUpOrder): string {
  const { order_id, state, amount, channel, expires_at, arrears_first } = order
  const facts = [`${order_id}: ${amountOf(amount)} by ${CHANNELS[channel]}, ${state}`]
  if (!isOpen(order)) return `${facts}\n${outcome(order)}`
  facts.push(`To be paid until ${localInstant(expires_at)}`)
  if (BigInt(arrears_first.grains) > 0n) facts.push(`Pays arrears of ${amountOf(arrears_first)} first`)
  facts.push(`corehour topup show ${order_id} --wait follows it`)
  return facts.map((fact) => `${fact}\n`).join('')
}

export const topupsVerb: Verb = {
  summary: 'top-up orders, newest first',
  help: `corehour topups [options]

  --account ID          for staff: of one account, by its id or a part of its name; of all where left out
${LIST_HELP}${REMOTE_HELP}
Example: corehour topups
`,
  async run(args, terminal) {
    const { call, client, values } = await open(args, terminal, { account: { type: 'string' }, ...LIST })
    const account_id = values.account === undefined ? undefined : await accountOf(call, values.account)
    const rows = await listed(client.topUps.list, { account_id }, values)
    call.print(rows, () => {
      const [newest] = rows.data
      if (!newest) return 'Nothing was topped up yet.\n'
      const show = amounts(rows.data.flatMap(({ amount, credited }) => [amount, credited]))
      const columns = [
        { title: 'Order' },
        { title: `Ordered (${localZone()})` },
        { title: 'Channel' },
        { title: `Amount ${newest.amount.currency}`, right: true },
        { title: 'Credited', right: true },
        { title: 'State' },
      ]
      const cells = rows.data.map((row) => [
        row.order_id,
        localTime(row.created_at),
        CHANNELS[row.channel],
        show(row.amount),
        show(row.credited),
        row.state,
      ])
      return `${table(columns, cells)}${more(rows)}`
    })
    return EXIT.done
  },
}
