import type { Client } from '@corehour/sdk'
import { closeSync, fsyncSync, openSync, rmSync, writeSync } from 'node:fs'
import {
  ACTING,
  ACTING_HELP,
  accountOf,
  confirm,
  KEY_HELP,
  LIST,
  LIST_HELP,
  listed,
  more,
  open,
  REMOTE_HELP,
  type Call,
} from '../call.ts'
import { localInstant, localTime, localZone, readInstant } from '../show.ts'
import { amountOf, amounts, table } from '../table.ts'
import { EXIT, UsageError, type Terminal, type ValuesOf, type Verb } from '../verb.ts'

type Issued = Awaited<ReturnType<Client['cardBatches']['create']>>
type Batch = Issued['batch']

export const redeemVerb: Verb = {
  summary: 'turn a code into an experience card',
  help: `corehour redeem CODE [options]

However it is written: small letters, blanks, hyphens, O for 0, I for 1. Arrears are paid first.

${KEY_HELP}${REMOTE_HELP}
Example: corehour redeem 7KQ2M-XR4TB-09ZDN-6HW3C
`,
  async run(args, terminal) {
    const options = { 'idempotency-key': { type: 'string' } } as const
    const { call, client, values, positionals } = await open(args, terminal, options, {
      least: 1,
      most: 20,
      names: 'CODE',
    })
    const code = positionals.join(' ')
    const done = await client.cards.redeem({ code }, { idempotencyKey: values['idempotency-key'] })
    const { card, arrears_paid } = done
    const arrears = BigInt(arrears_paid.grains) === 0n ? '' : `; ${amountOf(arrears_paid)} of it paid arrears`
    call.print(done, () => `A card of ${amountOf(card.amount)} until ${localInstant(card.expires_at)}${arrears}\n`)
    return EXIT.done
  },
}

const OPTIONS = {
  account: { type: 'string' },
  count: { type: 'string' },
  currency: { type: 'string' },
  expires: { type: 'string' },
  days: { type: 'string' },
  'redeem-by': { type: 'string' },
  several: { type: 'boolean' },
  note: { type: 'string' },
  output: { type: 'string' },
  ...LIST,
  ...ACTING,
} as const
type Values = ValuesOf<typeof OPTIONS>

export const cardsVerb: Verb = {
  summary: 'experience cards; for staff also codes: issue, revoke',
  help: `corehour cards [--account ID] [options]
corehour cards issue AMOUNT --count N (--expires DAY | --days N) [options]
corehour cards batches
corehour cards codes BATCH
corehour cards revoke BATCH

A code is shown once, when it is issued: as CSV, to a file that only you can read or to the standard output. A batch that is revoked
gives no more cards; those that were redeemed stay.

  --account ID          for staff: whose cards, by id or a part of its name
  --count N             how many codes, 1 to 10000
  --expires DAY|INSTANT when the cards expire, such as 2026-07-01 or 2026-07-01T00:00:00Z
  --days N              or: how many days after each is redeemed
  --redeem-by DAY|INST. until when a code can be redeemed
  --several             an account may redeem several codes of the batch, not one only
  --currency CODE       CNY where left out
  --note TEXT           what the cards are for: their owners see it
  --output FILE         a new file for the codes
${LIST_HELP}${ACTING_HELP}${REMOTE_HELP}
Example: corehour cards issue 50 --count 200 --days 90 --redeem-by 2026-07-01 --note "Winter school" --output codes.csv
`,
  words: ['issue', 'batches', 'codes', 'revoke'],
  async run(args, terminal) {
    const { call, client, values, positionals } = await open(args, terminal, OPTIONS, { most: 2 })
    const [verb, which] = positionals
    if (verb === undefined) return list(call, values)
    if (verb === 'batches') return listBatches(call, values)
    const needed = { issue: 'an AMOUNT', codes: "the BATCH's id", revoke: "the BATCH's id" }[verb]
    if (needed === undefined) throw new UsageError(`there is issue, batches, codes and revoke, not '${verb}'`)
    if (which === undefined) throw new UsageError(`${verb} needs ${needed}`)
    if (verb === 'issue') return issue(call, which, values, terminal)
    if (verb === 'codes') return listCodes(call, which, values)
    const batch = await client.cardBatches.get({ batch_id: which })
    const question = `Revoke ${which} for good? ${batch.count - batch.redeemed} of its ${batch.count} codes are not redeemed`
    if (!(await confirm(terminal, question, values.yes))) return EXIT.failed
    const done = await client.cardBatches.revoke({ batch_id: which }, { idempotencyKey: values['idempotency-key'] })
    call.print(done, () => `${which} is revoked; ${done.redeemed} of ${done.count} codes were redeemed\n`)
    return EXIT.done
  },
}

async function list(call: Call, values: Values): Promise<number> {
  const rows = await listed(call.client.cards.list, { account_id: await accountOf(call, values.account) }, values)
  call.print(rows, () => {
    const [newest] = rows.data
    if (!newest) return 'There are no experience cards.\n'
    const show = amounts(rows.data.flatMap(({ amount, remaining }) => [amount, remaining]))
    const columns = [
      { title: `Given (${localZone()})` },
      { title: `Amount ${newest.amount.currency}`, right: true },
      { title: 'Left', right: true },
      { title: 'Expires' },
      { title: 'State' },
      { title: 'Code' },
      { title: 'Note' },
    ]
    const cells = rows.data.map((card) => [
      localTime(card.issued_at),
      show(card.amount),
      show(card.remaining),
      localTime(card.expires_at),
      card.state,
      card.code === null ? '' : `..${card.code}`,
      card.note ?? '',
    ])
    return `${table(columns, cells)}${more(rows)}`
  })
  return EXIT.done
}

async function issue(call: Call, amount: string, values: Values, terminal: Terminal): Promise<number> {
  if (!/^\d{1,12}(\.\d{1,2})?$/.test(amount))
    throw new UsageError(`AMOUNT is a plain decimal such as 50, not '${amount}'`)
  const count = wholeIn('count', values.count)
  if (count === undefined) throw new UsageError('--count N is needed')
  const at = (option: 'expires' | 'redeem-by') => values[option] && readInstant(option, values[option])
  const input = {
    amount,
    count,
    currency: values.currency,
    expires_at: at('expires'),
    valid_days: wholeIn('days', values.days),
    redeem_by: at('redeem-by'),
    once_per_account: !values.several,
    note: values.note,
  }
  if ((input.expires_at === undefined) === (input.valid_days === undefined))
    throw new UsageError('say when the cards expire: either --expires DAY or --days N')
  if (!(await confirm(terminal, `Issue ${count} codes for cards of ${amount} each?`, values.yes))) return EXIT.failed
  const write = values.output === undefined ? undefined : openFile(values.output)
  try {
    const issued = await call.client.cardBatches.create(input, { idempotencyKey: values['idempotency-key'] })
    if (issued.codes === null)
      throw new UsageError(
        `${issued.batch.batch_id} was issued before, and its codes shown then: revoke it and issue others`,
      )
    write?.(csvOf(issued))
    if (write) call.print(issued.batch, () => `${issued.batch.batch_id}: ${count} codes in ${values.output}\n`)
    else call.print(issued, () => csvOf(issued))
    if (!call.json) terminal.note('corehour: keep the codes well: they are not shown again\n')
    return EXIT.done
  } catch (error) {
    if (write) rmSync(values.output!)
    throw error
  }
}

function wholeIn(option: string, text: string | undefined): number | undefined {
  if (text === undefined || /^[1-9]\d{0,4}$/.test(text)) return text === undefined ? undefined : Number(text)
  throw new UsageError(`--${option} is a whole number, not '${text}'`)
}

/**
 * Opens a new file that only this user can read, before anything is issued: codes that could not be written would be lost.
 * @throws UsageError where it is there already or can't be written.
 */
function openFile(path: string): (text: string) => void {
  try {
    const file = openSync(path, 'wx', 0o600)
    return (text) => {
      writeSync(file, text)
      fsyncSync(file)
      closeSync(file)
    }
  } catch (error) {
    const reason =
      (error as { code?: string }).code === 'EEXIST'
        ? 'is there already'
        : `can't be written: ${(error as Error).message}`
    throw new UsageError(`${path} ${reason}`)
  }
}

/** A line a code. Nothing in it needs quotes. */
function csvOf({ batch, codes }: Issued): string {
  const { batch_id, amount, expires_at, valid_days, redeem_by } = batch
  const terms = [batch_id, amount.amount.replace(/0{6}$/, ''), amount.currency, expires_at, valid_days, redeem_by]
  const rows = codes!.map((code) => [code, ...terms].map((cell) => cell ?? '').join(','))
  return ['code,batch_id,amount,currency,expires_at,valid_days,redeem_by', ...rows].map((row) => `${row}\n`).join('')
}

async function listBatches({ client, print }: Call, values: Values): Promise<number> {
  const rows = await listed(client.cardBatches.list, {}, values)
  print(rows, () => {
    if (rows.data.length === 0) return 'No codes were issued yet.\n'
    const columns = [
      { title: 'Batch' },
      { title: `Issued (${localZone()})` },
      { title: 'Card', right: true },
      { title: 'Codes', right: true },
      { title: 'Redeemed', right: true },
      { title: 'Valid' },
      { title: 'Redeem by' },
      { title: 'Note' },
    ]
    const cells = rows.data.map((batch) => [
      batch.batch_id,
      localTime(batch.created_at),
      amountOf(batch.amount),
      String(batch.count),
      String(batch.redeemed),
      validity(batch),
      batch.revoked_at === null ? localTime(batch.redeem_by) : 'revoked',
      batch.note ?? '',
    ])
    return `${table(columns, cells)}${more(rows)}`
  })
  return EXIT.done
}

function validity({ expires_at, valid_days }: Batch): string {
  return expires_at === null ? `${valid_days} d` : `until ${localTime(expires_at)}`
}

async function listCodes({ client, print }: Call, batch_id: string, values: Values): Promise<number> {
  const rows = await listed(client.cardBatches.codes, { batch_id }, values)
  print(rows, () => {
    const columns = [{ title: 'Code' }, { title: 'Account' }, { title: `Redeemed (${localZone()})` }]
    const cells = rows.data.map((code) => [`..${code.last}`, code.account_id ?? '', localTime(code.redeemed_at)])
    return `${table(columns, cells)}${more(rows)}`
  })
  return EXIT.done
}
