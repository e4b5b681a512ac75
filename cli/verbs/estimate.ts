import { ACTING, accountOf, KEY_HELP, open, REMOTE_HELP } from '../call.ts'
import { distance, duration, lines, localInstant } from '../show.ts'
import { amountOf, amounts, pricesOf } from '../table.ts'
import { EXIT, UsageError, type Options, type Verb } from '../verb.ts'
import type { Account } from './balance.ts'

const QUANTITY = {
  cpu: { type: 'string' },
  gpu: { type: 'string' },
  gb: { type: 'string' },
  count: { type: 'string' },
} as const satisfies Options
const QUANTITY_HELP = `  SKU                   queue:NAME or machine:NAME, as corehour prices shows them
  --cpu N --gpu N --gb N   how much of a queue; a machine type has --count N (1 where left out)
`
/** What is left lasts longer than that: nobody plans so far. */
const LONGEST_SECONDS = 100n * 365n * 86_400n

export const estimateVerb: Verb = {
  summary: 'what a job would cost, and how long your balance lasts',
  help: `corehour estimate SKU [options]

At the price in force now. Needs no key; with one it also says how long the balance lasts.

${QUANTITY_HELP}  --hours H             how long; 1 where left out
  --nodes N             so many equal nodes; 1 where left out
  --account ID          whose balance, for staff and platforms
${REMOTE_HELP}
Example: corehour estimate queue:a100 --cpu 8 --gpu 1 --hours 2.5
`,
  async run(args, terminal) {
    const options = {
      ...QUANTITY,
      hours: { type: 'string' },
      nodes: { type: 'string' },
      account: { type: 'string' },
    } as const
    const operands = { least: 1, names: 'SKU', public: true }
    const { call, client, values, positionals } = await open(args, terminal, options, operands)
    const seconds = secondsOf(values.hours ?? '1')
    const nodes = wholeOf('nodes', values.nodes ?? '1')
    const sku = skuOf(positionals[0]!)
    const payer =
      values.account !== undefined || call.me?.account_id ? await accountOf(call, values.account) : undefined
    const account = payer === undefined ? undefined : await client.accounts.get({ account_id: payer })
    const currency = account?.currency
    const answer = await client.estimates.make({ sku, quantity: quantityOf(values), seconds, nodes, currency })
    call.print(answer, () => {
      const show = amounts([answer.per_hour, answer.amount])
      const rows = lines([
        ['Price per hour', show(answer.per_hour), `${answer.per_hour.currency}${nodes > 1 ? `, ${nodes} nodes` : ''}`],
        [`For ${duration(seconds)}`, show(answer.amount), answer.amount.currency],
      ])
      return `${sku}: ${pricesOf(answer.price.unit_prices)}\n\n${rows}${account ? lasts(account, answer) : ''}`
    })
    return EXIT.done
  },
}

type Grains = { currency: string; grains: string }

/** How long the balance lasts with this beside what runs now. */
function lasts(
  { balance: { available, spend_per_hour } }: Account,
  asked: { per_hour: Grains; amount: Grains },
): string {
  const left = BigInt(available.grains)
  if (left <= 0n) return '\nYour balance is used up: nothing new may start until it is topped up.\n'
  const { currency } = available
  const missing = BigInt(asked.amount.grains) - left
  const covers =
    missing > 0n ? `does not cover it: ${amountOf({ currency, grains: String(missing) })} are missing` : 'covers it'
  const head = `\nYour balance of ${amountOf(available)} ${covers}`
  const perHour = BigInt(spend_per_hour.grains) + BigInt(asked.per_hour.grains)
  if (perHour === 0n) return `${head}.\n`
  const seconds = (left * 3600n) / perHour
  const time = seconds > LONGEST_SECONDS ? 'over a hundred years' : duration(Number(seconds))
  const beside =
    BigInt(spend_per_hour.grains) === 0n ? '' : ` beside the ${amountOf(spend_per_hour)} an hour of what runs now`
  return `${head}. With this running${beside}, it lasts ${time}.\n`
}

export const quoteVerb: Verb = {
  summary: 'pins a price for a while',
  help: `corehour quote SKU [options]

The price in force now, honoured for every start that names the quote before it expires. It costs nothing and reserves nothing.

${QUANTITY_HELP}  --account ID          for another account than the key's own, for staff and platforms
  --minutes N           how long it holds; 15 where left out
${KEY_HELP}${REMOTE_HELP}
Example: corehour quote queue:a100 --cpu 8 --gpu 1
`,
  async run(args, terminal) {
    const options = {
      ...QUANTITY,
      account: { type: 'string' },
      minutes: { type: 'string' },
      'idempotency-key': ACTING['idempotency-key'],
    } as const
    const { call, client, values, positionals } = await open(args, terminal, options, { least: 1, names: 'SKU' })
    const sku = skuOf(positionals[0]!)
    const valid_seconds = 60 * wholeOf('minutes', values.minutes ?? '15')
    const account_id = await accountOf(call, values.account)
    const asked = { sku, quantity: quantityOf(values), valid_seconds, account_id }
    const quote = await client.quotes.create(asked, { idempotencyKey: values['idempotency-key'] })
    call.print(quote, () => {
      const until = `${localInstant(quote.expires_at)}, for ${distance(quote.created_at, quote.expires_at)}`
      return `Quote           ${quote.quote_id}\nPrice per hour  ${amountOf(quote.per_hour)}\nHolds until     ${until}\n`
    })
    return EXIT.done
  },
}

function quantityOf(values: { cpu?: string; gpu?: string; gb?: string; count?: string }): Record<string, string> {
  const named = (['cpu', 'gpu', 'gb', 'count'] as const).flatMap((name) =>
    values[name] === undefined ? [] : [[name, values[name]] as const],
  )
  return Object.fromEntries(named)
}

/** @throws UsageError for a name without its family, which the server would only not know. */
function skuOf(text: string): string {
  if (text.includes(':')) return text
  throw new UsageError(`is it queue:${text} or machine:${text}? corehour prices shows every SKU`)
}

/** Whole seconds, rounded up: what is charged is whole seconds. */
function secondsOf(hours: string): number {
  const match = /^(\d{1,6})(?:\.(\d{1,6}))?$/.exec(hours)
  if (!match) throw new UsageError(`--hours is a decimal such as 2.5, not '${hours}'`)
  const millionths = BigInt(match[1]! + (match[2] ?? '').padEnd(6, '0'))
  return Number((millionths * 3600n + 999_999n) / 1_000_000n)
}

function wholeOf(name: string, text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new UsageError(`--${name} is a whole number from 1, not '${text}'`)
  return Number(text)
}
