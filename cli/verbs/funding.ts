import { ACTING, ACTING_HELP, accountOf, confirm, open, REMOTE_HELP } from '../call.ts'
import { localInstant, readInstant } from '../show.ts'
import { amountOf } from '../table.ts'
import { EXIT, UsageError, type Verb } from '../verb.ts'
import type { Account } from './balance.ts'

const ACCOUNT_HELP = `  ACCOUNT               its id or name; a part of the name is enough where you are asked
`

export const creditVerb: Verb = {
  summary: 'book a payment that came in, such as a transfer',
  help: `corehour credit ACCOUNT AMOUNT --payment ID [options]

Arrears are paid first. The same payment is credited once, however often this is called.

${ACCOUNT_HELP}  --payment ID          the payment's own id, such as the bank's
  --channel CHANNEL     how it came; transfer where left out
  --note TEXT           kept with what staff did
${ACTING_HELP}${REMOTE_HELP}
Example: corehour credit "Ada Keller" 500 --payment ICBC-20260101-0042
`,
  async run(args, terminal) {
    const options = {
      payment: { type: 'string' },
      channel: { type: 'string' },
      note: { type: 'string' },
      ...ACTING,
    } as const
    const operands = { least: 2, names: 'ACCOUNT and AMOUNT' }
    const { call, client, values, positionals } = await open(args, terminal, options, operands)
    const { channel = 'transfer', payment, note, yes } = values
    const amount = amountIn(positionals[1]!)
    if (payment === undefined)
      throw new UsageError('--payment ID is needed: it keeps a payment from being booked twice')
    const account = await client.accounts.get({ account_id: await accountOf(call, positionals[0], yes) })
    const question = `Credit ${amount} ${account.currency} (${channel} ${payment}) to ${who(account)}?`
    if (!(await confirm(terminal, question, yes))) return EXIT.failed
    const { account_id } = account
    const input = { account_id, amount, channel, payment_id: payment, note }
    const done = await client.accounts.credit(input, { idempotencyKey: values['idempotency-key'] })
    call.print(done, () => `Credited ${amountOf(done.amount)} to ${account.name} as ${done.lot_id}${paid(done)}\n`)
    return EXIT.done
  },
}

export const grantVerb: Verb = {
  summary: 'give an experience card',
  help: `corehour grant ACCOUNT AMOUNT --expires DAY [options]

Spent before cash, never refunded or invoiced, gone when it expires.

${ACCOUNT_HELP}  --expires DAY|INSTANT such as 2026-07-01 (its beginning, where you are) or 2026-07-01T00:00:00Z
  --priority N          lower is spent first; 0 where left out
  --note TEXT           kept with what staff did
${ACTING_HELP}${REMOTE_HELP}
Example: corehour grant "Ada Keller" 200 --expires 2026-07-01 --note "Winter school"
`,
  async run(args, terminal) {
    const options = {
      expires: { type: 'string' },
      priority: { type: 'string' },
      note: { type: 'string' },
      ...ACTING,
    } as const
    const operands = { least: 2, names: 'ACCOUNT and AMOUNT' }
    const { call, client, values, positionals } = await open(args, terminal, options, operands)
    const { note, yes } = values
    const amount = amountIn(positionals[1]!)
    if (values.expires === undefined) throw new UsageError('--expires DAY is needed')
    if (values.priority !== undefined && !/^(1000|\d{1,3})$/.test(values.priority))
      throw new UsageError(`--priority is a whole number from 0 to 1000, not '${values.priority}'`)
    const priority = values.priority === undefined ? undefined : Number(values.priority)
    const expires_at = readInstant('expires', values.expires)
    const account = await client.accounts.get({ account_id: await accountOf(call, positionals[0], yes) })
    const until = `until ${localInstant(expires_at)}`
    const question = `Give ${who(account)} a card of ${amount} ${account.currency}, ${until}?`
    if (!(await confirm(terminal, question, yes))) return EXIT.failed
    const { account_id } = account
    const input = { account_id, amount, expires_at, note, priority }
    const done = await client.accounts.grant(input, { idempotencyKey: values['idempotency-key'] })
    call.print(
      done,
      () => `Gave ${amountOf(done.amount)} to ${account.name} as ${done.lot_id}, ${until}${paid(done)}\n`,
    )
    return EXIT.done
  },
}

export const blockVerb: Verb = {
  summary: 'let an account start nothing new',
  help: `corehour block ACCOUNT --reason TEXT [options]

What runs goes on and is charged; corehour unblock lifts it.

${ACCOUNT_HELP}  --reason TEXT         said to whoever is refused
${ACTING_HELP}${REMOTE_HELP}
Example: corehour block "Ada Keller" --reason "Payment disputed by the bank"
`,
  async run(args, terminal) {
    const options = { reason: { type: 'string' }, ...ACTING } as const
    const { call, client, values, positionals } = await open(args, terminal, options, { least: 1, names: 'ACCOUNT' })
    const { reason, yes } = values
    if (reason === undefined) throw new UsageError('--reason TEXT is needed: whoever is refused is told')
    const account = await client.accounts.get({ account_id: await accountOf(call, positionals[0], yes) })
    if (!(await confirm(terminal, `Let ${who(account)} start nothing new?`, yes))) return EXIT.failed
    const { account_id } = account
    const done = await client.accounts.block({ account_id, reason }, { idempotencyKey: values['idempotency-key'] })
    call.print(done, () => `${done.name} is blocked since ${localInstant(done.blocked!.at)}\n`)
    return EXIT.done
  },
}

export const unblockVerb: Verb = {
  summary: 'let a blocked account start work again',
  help: `corehour unblock ACCOUNT [options]

${ACCOUNT_HELP}${ACTING_HELP}${REMOTE_HELP}
Example: corehour unblock "Ada Keller"
`,
  async run(args, terminal) {
    const { call, client, values, positionals } = await open(args, terminal, ACTING, { least: 1, names: 'ACCOUNT' })
    const { yes } = values
    const account = await client.accounts.get({ account_id: await accountOf(call, positionals[0], yes) })
    if (!(await confirm(terminal, `Let ${who(account)} start work again?`, yes))) return EXIT.failed
    const { account_id } = account
    const done = await client.accounts.unblock({ account_id }, { idempotencyKey: values['idempotency-key'] })
    call.print(done, () => `${done.name} is not blocked\n`)
    return EXIT.done
  },
}

function who({ name, account_id }: Account): string {
  return `${name} (${account_id})`
}

function paid({ arrears_paid }: { arrears_paid: { currency: string; grains: string } }): string {
  return BigInt(arrears_paid.grains) === 0n ? '' : `; ${amountOf(arrears_paid)} of it paid arrears`
}

/** Said at once rather than after the account was looked up. @throws UsageError for what is no amount. */
function amountIn(text: string): string {
  if (/^\d{1,12}(\.\d{1,2})?$/.test(text)) return text
  throw new UsageError(`AMOUNT is a plain decimal such as 200 or 12.50, not '${text}'`)
}
