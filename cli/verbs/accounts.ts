import { confirm, first, open, REMOTE_HELP } from '../call.ts'
import { localTime } from '../show.ts'
import { amountOf, amounts, table } from '../table.ts'
import { EXIT, UsageError, type Verb } from '../verb.ts'
import { readLimit } from './ledger.ts'

export const accountsVerb: Verb = {
  summary: 'staff: find accounts',
  help: `corehour accounts [SEARCH] [options]

  SEARCH                part of a name, an id, or a user's e-mail
  --limit N             so many; 20 where left out
${REMOTE_HELP}
Example: corehour accounts keller
`,
  async run(args, terminal) {
    const { call, client, values, positionals } = open(args, terminal, { limit: { type: 'string' } }, { most: 1 })
    const limit = readLimit(values.limit ?? '20')
    const rows = await first(client.accounts.list.each({ search: positionals[0], limit: Math.min(limit, 1000) }), limit)
    call.print({ data: rows }, () => {
      if (rows.length === 0) return 'No account is called so.\n'
      const show = amounts(rows.flatMap(({ balance }) => [balance.available, balance.arrears]))
      return table(
        [
          { title: 'Account' },
          { title: 'Id' },
          { title: 'Available', right: true },
          { title: 'Arrears', right: true },
          { title: '' },
          { title: '' },
        ],
        rows.map(({ name, account_id, balance, currency, blocked }) => [
          name,
          account_id,
          show(balance.available),
          show(balance.arrears),
          currency,
          blocked === null ? '' : 'blocked',
        ]),
      )
    })
    return EXIT.done
  },
}

export const creditVerb: Verb = {
  summary: 'staff: book a payment that came in, such as a transfer',
  help: `corehour credit ACCOUNT AMOUNT --payment ID [options]

Arrears are paid first. The same payment is credited once, however often this is called.

  --payment ID          the payment's own id, such as the bank's
  --channel CHANNEL     how it came; transfer where left out
  --note TEXT
  --yes                 don't ask
${REMOTE_HELP}
Example: corehour credit acct_01jz8w3v5x0000000000000001 500 --payment ICBC-20260101-0042
`,
  async run(args, terminal) {
    const options = {
      payment: { type: 'string' },
      channel: { type: 'string' },
      note: { type: 'string' },
      yes: { type: 'boolean' },
    } as const
    const { call, client, values, positionals } = open(args, terminal, options, {
      least: 2,
      names: 'ACCOUNT and AMOUNT',
    })
    const [account_id, amount] = positionals as [string, string]
    if (values.payment === undefined)
      throw new UsageError('--payment ID is needed: it keeps a payment from being booked twice')
    const account = await client.accounts.get({ account_id })
    const question = `Credit ${amount} ${account.currency} to ${account.name}?`
    if (!(await confirm(terminal, question, values.yes))) return EXIT.failed
    const { channel = 'transfer', payment, note } = values
    const done = await client.accounts.credit({ account_id, amount, channel, payment_id: payment, note })
    call.print(
      done,
      () => `Credited ${amountOf(done.amount)} to ${account.name}, ${amountOf(done.arrears_paid)} of it for arrears\n`,
    )
    return EXIT.done
  },
}

export const grantVerb: Verb = {
  summary: 'staff: give an experience card',
  help: `corehour grant ACCOUNT AMOUNT --expires INSTANT [options]

Spent before cash, never refunded or invoiced, gone when it expires.

  --expires INSTANT     such as 2026-07-01T00:00:00Z
  --priority N          lower is spent first; 0 where left out
  --note TEXT
  --yes                 don't ask
${REMOTE_HELP}
Example: corehour grant acct_01jz8w3v5x0000000000000001 200 --expires 2026-07-01T00:00:00Z --note "Winter school"
`,
  async run(args, terminal) {
    const options = {
      expires: { type: 'string' },
      priority: { type: 'string' },
      note: { type: 'string' },
      yes: { type: 'boolean' },
    } as const
    const { call, client, values, positionals } = open(args, terminal, options, {
      least: 2,
      names: 'ACCOUNT and AMOUNT',
    })
    const [account_id, amount] = positionals as [string, string]
    if (values.expires === undefined) throw new UsageError('--expires INSTANT is needed')
    if (values.priority !== undefined && !/^\d{1,4}$/.test(values.priority))
      throw new UsageError('--priority is a whole number from 0 to 1000')
    const account = await client.accounts.get({ account_id })
    const question = `Give ${account.name} ${amount} ${account.currency} until ${values.expires}?`
    if (!(await confirm(terminal, question, values.yes))) return EXIT.failed
    const { expires: expires_at, note, priority } = values
    const done = await client.accounts.grant({
      account_id,
      amount,
      expires_at,
      note,
      priority: priority === undefined ? undefined : Number(priority),
    })
    call.print(done, () => `Gave ${amountOf(done.amount)} to ${account.name}\n`)
    return EXIT.done
  },
}

export const blockVerb: Verb = {
  summary: 'staff: let an account start nothing new; or, with --lift, again',
  help: `corehour block ACCOUNT --reason TEXT [options]
corehour block ACCOUNT --lift

What runs goes on and is charged.

  --reason TEXT         said to whoever is refused
  --lift                let it start work again
  --yes                 don't ask
${REMOTE_HELP}
Example: corehour block acct_01jz8w3v5x0000000000000001 --reason "Payment disputed by the bank"
`,
  async run(args, terminal) {
    const options = { reason: { type: 'string' }, lift: { type: 'boolean' }, yes: { type: 'boolean' } } as const
    const { call, client, values, positionals } = open(args, terminal, options, { least: 1, names: 'ACCOUNT' })
    const account_id = positionals[0]!
    const { reason, lift, yes } = values
    if ((reason === undefined) === !lift) throw new UsageError('say either --reason TEXT or --lift')
    if (!lift && !(await confirm(terminal, `Block ${account_id}?`, yes))) return EXIT.failed
    const account = lift
      ? await client.accounts.unblock({ account_id })
      : await client.accounts.block({ account_id, reason: reason! })
    call.print(
      account,
      () =>
        `${account.name} is ${account.blocked ? `blocked since ${localTime(account.blocked.at)}` : 'not blocked'}\n`,
    )
    return EXIT.done
  },
}

export const actionsVerb: Verb = {
  summary: 'staff: what staff did or were refused',
  help: `corehour actions [options]

  --about ID            only about this account, key, project ..
  --limit N             so many; 20 where left out
${REMOTE_HELP}
Example: corehour actions --about acct_01jz8w3v5x0000000000000001
`,
  async run(args, terminal) {
    const { call, client, values } = open(args, terminal, { about: { type: 'string' }, limit: { type: 'string' } })
    const limit = readLimit(values.limit ?? '20')
    const rows = await first(client.staff.actions.each({ about: values.about, limit: Math.min(limit, 1000) }), limit)
    call.print({ data: rows }, () =>
      table(
        [{ title: 'When' }, { title: 'Who' }, { title: 'What' }, { title: 'About' }, { title: 'Result' }],
        rows.map((each) => [localTime(each.at), each.key_name, each.route, each.about ?? '', each.code ?? 'done']),
      ),
    )
    return EXIT.done
  },
}
