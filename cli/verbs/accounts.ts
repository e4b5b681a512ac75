import { accountOf, LIST, LIST_HELP, listed, more, open, REMOTE_HELP } from '../call.ts'
import { localTime, localZone, paint } from '../show.ts'
import { amounts, table } from '../table.ts'
import { EXIT, type Verb } from '../verb.ts'
import { balanceText } from './balance.ts'

export const accountsVerb: Verb = {
  summary: 'find accounts, with what is left of each',
  help: `corehour accounts [SEARCH] [options]

  SEARCH                part of a name, an id, or a user's e-mail
${LIST_HELP}${REMOTE_HELP}
Example: corehour accounts keller
`,
  async run(args, terminal) {
    const { call, client, values, positionals } = await open(args, terminal, LIST, { most: 1 })
    const rows = await listed(client.accounts.list, { search: positionals[0] }, values)
    call.print(rows, () => {
      if (rows.data.length === 0) return 'No account is called so.\n'
      const all = rows.data.flatMap(({ balance: b }) => [b.available, b.arrears, b.spend_per_hour])
      const show = amounts(all)
      const columns = [
        { title: 'Account' },
        { title: 'Id' },
        { title: 'Available', right: true },
        { title: 'Arrears', right: true },
        { title: 'Per hour', right: true },
        { title: '' },
        { title: `Runs out (${localZone()})` },
        { title: '' },
      ]
      const cells = rows.data.map(({ name, account_id, balance: b, currency, blocked }) => {
        const used = BigInt(b.available.grains) <= 0n
        return [
          name,
          account_id,
          used ? paint(terminal, 'red', show(b.available)) : show(b.available),
          show(b.arrears),
          show(b.spend_per_hour),
          currency,
          used ? 'used up' : localTime(b.runs_out_at),
          blocked === null ? '' : paint(terminal, 'red', 'blocked'),
        ]
      })
      return `${table(columns, cells)}${more(rows)}`
    })
    return EXIT.done
  },
}

export const accountVerb: Verb = {
  summary: 'an account: its balance, its payments and cards',
  help: `corehour account ACCOUNT [options]

  ACCOUNT               its id, or a part of its name
${REMOTE_HELP}
Example: corehour account "Ada Keller"
`,
  async run(args, terminal) {
    const { call, client, positionals } = await open(args, terminal, {}, { least: 1, names: 'ACCOUNT' })
    const account_id = await accountOf(call, positionals[0])
    const [account, lots] = await Promise.all([
      client.accounts.get({ account_id }),
      client.accounts.lots({ account_id }),
    ])
    call.print({ ...account, lots: lots.data }, () => {
      const show = amounts(lots.data.flatMap(({ amount, remaining }) => [amount, remaining]))
      const columns = [
        { title: 'Lot, as it is spent' },
        { title: 'What' },
        { title: 'Amount', right: true },
        { title: 'Left', right: true },
        { title: `Expires (${localZone()})` },
      ]
      const cells = lots.data.map((lot) => [
        lot.lot_id,
        { cash: 'payment', grant: 'card' }[lot.kind] ?? lot.kind,
        show(lot.amount),
        show(lot.remaining),
        lot.expired_at === null ? localTime(lot.expires_at) : `expired ${localTime(lot.expired_at)}`,
      ])
      const funding = lots.data.length === 0 ? 'Nothing was paid in yet.\n' : table(columns, cells)
      return `${balanceText(account, terminal)}\n${funding}`
    })
    return EXIT.done
  },
}

export const actionsVerb: Verb = {
  summary: 'what staff did or were refused',
  help: `corehour actions [options]

  --about ID            only about this account, key, project ..
${LIST_HELP}${REMOTE_HELP}
Example: corehour actions --about acct_01jz8w3v5x0000000000000001
`,
  async run(args, terminal) {
    const { call, client, values } = await open(args, terminal, { about: { type: 'string' }, ...LIST })
    const rows = await listed(client.staff.actions, { about: values.about }, values)
    call.print(rows, () => {
      if (rows.data.length === 0) return 'Staff have done nothing yet.\n'
      const columns = [
        { title: `When (${localZone()})` },
        { title: 'Who' },
        { title: 'What' },
        { title: 'About' },
        { title: 'Asked' },
        { title: 'Result' },
      ]
      const cells = rows.data.map((each) => [
        localTime(each.at),
        each.key_name,
        each.route,
        each.about ?? '',
        askedOf(each.request),
        each.code === null ? 'done' : paint(terminal, 'red', each.code),
      ])
      return `${table(columns, cells)}${more(rows)}`
    })
    return EXIT.done
  },
}

const MOST_ASKED = 60

/** What was asked, as far as it fits a line: `amount 100.00, channel transfer`. */
function askedOf(request: unknown): string {
  if (typeof request !== 'object' || request === null) return ''
  const parts = Object.entries(request).map(
    ([name, value]) => `${name} ${typeof value === 'string' ? value : JSON.stringify(value)}`,
  )
  // Shown on one line of a terminal, so without what would move its cursor.
  const text = parts.join(', ').replace(/\p{Cc}+/gu, ' ')
  return text.length > MOST_ASKED ? `${text.slice(0, MOST_ASKED - 2)}..` : text
}
