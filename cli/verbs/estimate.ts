import { open, REMOTE_HELP } from '../call.ts'
import { distance, duration, lines, localTime } from '../show.ts'
import { amountOf } from '../table.ts'
import { EXIT, UsageError, type Options, type Verb } from '../verb.ts'

const QUANTITY = {
  cpu: { type: 'string' },
  gpu: { type: 'string' },
  gb: { type: 'string' },
  count: { type: 'string' },
} as const satisfies Options
const QUANTITY_HELP = `  SKU                   queue:NAME or machine:NAME, as corehour prices shows them
  --cpu N --gpu N --gb N   how much of a queue; a machine type has --count N (1 where left out)
`

export const estimateVerb: Verb = {
  summary: 'what a job would cost, and whether your balance lasts',
  help: `corehour estimate SKU [options]

${QUANTITY_HELP}  --hours H             how long; 1 where left out
  --nodes N             so many equal nodes; 1 where left out
${REMOTE_HELP}
Example: corehour estimate queue:a100 --cpu 8 --gpu 1 --hours 2.5
`,
  async run(args, terminal) {
    const options = { ...QUANTITY, hours: { type: 'string' }, nodes: { type: 'string' } } as const
    const { call, client, values, positionals } = open(args, terminal, options, { least: 1, names: 'SKU' })
    const seconds = secondsOf(values.hours ?? '1')
    const nodes = wholeOf('nodes', values.nodes ?? '1')
    const input = { sku: positionals[0]!, quantity: quantityOf(values), seconds, nodes }
    const answer = await client.estimates.make(input)
    const account = await ownAccount(client)
    call.print(answer, () => {
      const rows: [string, string, string?][] = [
        ['Price per hour', amountOf(answer.per_hour), nodes > 1 ? `${nodes} nodes` : ''],
        ['Time', duration(seconds)],
        ['Total', amountOf(answer.amount)],
      ]
      return `${lines(rows)}${account ? lasts(account, answer) : ''}`
    })
    return EXIT.done
  },
}

type Client = ReturnType<typeof open>['client']
type Account = Awaited<ReturnType<Client['accounts']['get']>>

/** Of a customer's key; others only ask for the price. */
async function ownAccount(client: Client): Promise<Account | undefined> {
  try {
    const { account_id } = await client.me.get()
    return account_id === null ? undefined : await client.accounts.get({ account_id })
  } catch {
    // Without a key the price is public, and there is no balance to speak of.
    return undefined
  }
}

function lasts(
  { balance }: Account,
  { per_hour, amount }: { per_hour: { grains: string }; amount: { grains: string } },
): string {
  const available = BigInt(balance.available.grains)
  if (available < BigInt(amount.grains)) return `\nYour balance of ${amountOf(balance.available)} does not cover it.\n`
  const rate = (BigInt(balance.spend_per_hour.grains) + BigInt(per_hour.grains)) / 3600n
  if (rate === 0n) return '\nYour balance covers it.\n'
  return `\nYour balance of ${amountOf(balance.available)} covers it; with this running beside what runs now, it lasts ${duration(Number((available / rate) % 3_153_600_000n))}.\n`
}

export const quoteVerb: Verb = {
  summary: 'pins a price for a while',
  help: `corehour quote SKU [options]

The price in force now, honoured for every start that names the quote before it expires.

${QUANTITY_HELP}  --account ID          for another account than the key's own
  --minutes N           how long it holds; 15 where left out
${REMOTE_HELP}
Example: corehour quote queue:a100 --cpu 8 --gpu 1
`,
  async run(args, terminal) {
    const options = { ...QUANTITY, account: { type: 'string' }, minutes: { type: 'string' } } as const
    const { call, client, values, positionals } = open(args, terminal, options, { least: 1, names: 'SKU' })
    const valid_seconds = 60 * wholeOf('minutes', values.minutes ?? '15')
    const quote = await client.quotes.create({
      sku: positionals[0]!,
      quantity: quantityOf(values),
      valid_seconds,
      account_id: values.account,
    })
    call.print(quote, () =>
      lines([
        ['Quote', quote.quote_id],
        ['Price per hour', amountOf(quote.per_hour)],
        ['Holds until', localTime(quote.expires_at), `for ${distance(quote.created_at, quote.expires_at)}`],
      ]),
    )
    return EXIT.done
  },
}

function quantityOf(values: { cpu?: string; gpu?: string; gb?: string; count?: string }): Record<string, string> {
  const named = (['cpu', 'gpu', 'gb', 'count'] as const).flatMap((name) =>
    values[name] === undefined ? [] : [[name, values[name]] as const],
  )
  return Object.fromEntries(named)
}

function secondsOf(hours: string): number {
  if (!/^\d{1,6}(\.\d{1,4})?$/.test(hours)) throw new UsageError(`--hours is a decimal such as 2.5, not '${hours}'`)
  return Math.round(Number(hours) * 3600)
}

function wholeOf(name: string, text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new UsageError(`--${name} is a whole number from 1, not '${text}'`)
  return Number(text)
}
