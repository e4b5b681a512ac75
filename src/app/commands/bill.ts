import { extname } from 'node:path'
import { formatGrains, snapshot, SYSTEM, type Tx } from '../../base/index.ts'
import { findNamed, findProjects, findUsers, listAccounts, type Account } from '../../identity/index.ts'
import {
  billDetails,
  billTotals,
  EXPORT_FORMATS,
  runningAmounts,
  writeDetails,
  type BillDetail,
  type BillFilter,
  type BillTotal,
  type Grouping,
} from '../../settlement/index.ts'
import { codeOf } from '../cannot-start.ts'
import { appOn, CHOICE, openBooks } from './books.ts'
import {
  billHelp,
  EXIT,
  grouped,
  placesFor,
  readDay,
  readArgs,
  remoteVerbs,
  settingsOf,
  table,
  UsageError,
  type Terminal,
  type Verb,
} from '@corehour/cli'
import { configOf } from './verb.ts'

const GROUPINGS = ['day', 'month', 'project', 'user', 'kind', 'sku'] as const
const KINDS = ['job', 'node', 'storage']
const PARTS = ['amount', 'cash', 'granted', 'unpaid'] as const

const OPTIONS = {
  ...CHOICE,
  account: { type: 'string' },
  from: { type: 'string' },
  to: { type: 'string' },
  kind: { type: 'string', multiple: true },
  project: { type: 'string', multiple: true },
  user: { type: 'string', multiple: true },
  sku: { type: 'string', multiple: true },
  by: { type: 'string' },
  details: { type: 'string' },
  json: { type: 'boolean' },
} as const

const BOOKS = ['--replay', '--live', '--database']
const ABOUT = `
With a key (COREHOUR_KEY, a profile) a server is asked, for one account. Without one, or with --replay, --live or --database, it reads
books at hand, for every account in them.
`
const BOOKS_HELP = `  --replay              the kept replay's books (otherwise without a key, where there are any)
  --live                the server's books, in process
  --database URL        the books in this PostgreSQL database
`

/** A server's bill where there is a key for one; that of books at hand where they are named, or there is no key. */
export const billVerb: Verb = {
  summary: remoteVerbs.customers.bill.summary,
  help: billHelp({ about: ABOUT, options: BOOKS_HELP }),
  async run(args, terminal) {
    const names = (options: string[]) => args.some((arg) => options.includes(arg.split('=')[0]!))
    const remote = !names(BOOKS) && (names(['--profile']) || settingsOf(undefined).key !== undefined)
    return remote ? remoteVerbs.customers.bill.run(args, terminal) : runOnBooks(args, terminal)
  },
}

async function runOnBooks(args: string[], terminal: Terminal): Promise<number> {
  const call = readCall(args)
  const config = configOf()
  const books = await openBooks(config, call.values, 'replay', (line) => terminal.note(`corehour: ${line}\n`))
  try {
    await snapshot(appOn(books, config), SYSTEM, (tx) => print(tx, call, books.name, terminal))
    return EXIT.done
  } finally {
    await books.close()
  }
}

type Call = ReturnType<typeof readCall>
/** One row of the bill: an account's use of one key. */
type Row = { account: Account; label: string; total: BillTotal }

function readCall(args: string[]) {
  const { values } = readArgs(args, OPTIONS)
  const by = values.by ?? 'month'
  if (!GROUPINGS.some((each) => each === by))
    throw new UsageError(`--by is one of ${GROUPINGS.join(', ')}, not '${by}'`)
  const odd = values.kind?.find((kind) => !KINDS.includes(kind))
  if (odd !== undefined) throw new UsageError(`--kind is one of ${KINDS.join(', ')}, not '${odd}'`)
  return {
    values,
    by: by as Grouping,
    from: readDay('from', values.from),
    to: readDay('to', values.to),
    json: values.json === true,
  }
}

async function print(tx: Tx, call: Call, name: string, terminal: Terminal): Promise<void> {
  const accounts = await accountsOf(tx, call.values.account)
  const filter = await filterOf(tx, call)
  const rows: Row[] = []
  for (const account of accounts) {
    const totals = await billTotals(tx, { ...filter, of: { accountId: account.accountId } }, call.by)
    const labels = await labelsOf(tx, call.by, totals)
    const own = totals.map((total) => ({ account, label: labels.get(total.key) ?? total.key, total }))
    rows.push(...own.sort((a, b) => (a.label < b.label ? -1 : a.label > b.label ? 1 : 0)))
  }
  const { details } = call.values
  const written = details === undefined ? undefined : await writeFile(tx, detailsOf(tx, accounts, filter), details)
  if (call.json) {
    terminal.out(`${JSON.stringify(billJson(call, name, rows, written), undefined, 2)}\n`)
    return
  }
  terminal.out(`Bill from ${name}\n\n${billText(call, rows)}`)
  if (written !== undefined) terminal.out(`\n${grouped(String(written))} rows of detail in ${details}\n`)
}

/** In the order of their names. */
async function accountsOf(tx: Tx, wanted: string | undefined): Promise<Account[]> {
  const ids = wanted === undefined ? undefined : new Set(await idsOf(tx, 'account', wanted))
  const accounts: Account[] = []
  for (;;) {
    const page = await listAccounts(tx, 1000, accounts.at(-1)?.accountId)
    accounts.push(...page)
    if (page.length < 1000) break
  }
  return accounts
    .filter(({ accountId }) => ids?.has(accountId) ?? true)
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
}

async function filterOf(tx: Tx, { values, from, to }: Call): Promise<Omit<BillFilter, 'of'>> {
  const { kind, sku, project, user } = values
  return {
    ...(from && { from }),
    ...(to && { to }),
    ...(kind && { kinds: kind }),
    ...(sku && { skus: sku }),
    ...(project && { projectIds: await idsOfAll(tx, 'project', project) }),
    ...(user && { userIds: await idsOfAll(tx, 'user', user) }),
  }
}

async function idsOfAll(tx: Tx, kind: 'user' | 'project', names: readonly string[]): Promise<string[]> {
  const ids: string[] = []
  for (const name of names) ids.push(...(await idsOf(tx, kind, name)))
  return ids
}

/** @throws UsageError where nothing is called so. */
async function idsOf(tx: Tx, kind: 'account' | 'user' | 'project', name: string): Promise<string[]> {
  const ids = name.includes('\0') ? [] : await findNamed(tx, kind, name)
  if (ids.length === 0) throw new UsageError(`no ${kind} in these books has the name or id '${name}'`)
  return ids
}

async function labelsOf(tx: Tx, by: Grouping, totals: readonly BillTotal[]): Promise<Map<string, string>> {
  const keys = totals.map(({ key }) => key)
  const found =
    by === 'project'
      ? await findProjects(tx, keys)
      : by === 'user'
        ? await findUsers(tx, keys)
        : new Map<string, { name: string }>()
  return new Map([...found].map(([id, { name }]) => [id, name]))
}

async function* detailsOf(
  tx: Tx,
  accounts: readonly Account[],
  filter: Omit<BillFilter, 'of'>,
): AsyncGenerator<BillDetail[]> {
  for (const { accountId } of accounts) yield* billDetails(tx, { ...filter, of: { accountId } })
}

/** In the format that the file's name ends with; CSV where it says none. */
async function writeFile(tx: Tx, details: AsyncIterable<BillDetail[]>, path: string): Promise<number> {
  const format = EXPORT_FORMATS.find((each) => extname(path).toLowerCase() === `.${each}`) ?? 'csv'
  try {
    return (await writeDetails(details, format, path, tx.timeZone)).rows
  } catch (error) {
    if (['EACCES', 'EISDIR', 'ENOENT', 'ENOTDIR', 'ENOSPC', 'EROFS', 'EPERM'].includes(codeOf(error) ?? '')) {
      throw new UsageError(`${path} can't be written: ${(error as Error).message}`)
    }
    throw error
  }
}

/** Each currency's own table, with a total that its rows add up to. */
function billText({ by }: Call, rows: readonly Row[]): string {
  if (rows.length === 0) return 'Nothing was charged.\n'
  const tables = [...Map.groupBy(rows, ({ account }) => account.currency)].map(([currency, own]) => {
    const places = placesFor(own.map(({ total }) => total.amount))
    const next = PARTS.map(() => runningAmounts(places))
    const cells = own.map(({ account, label, total }) => [
      account.name,
      label,
      ...PARTS.map((part, i) => grouped(next[i]!(total[part]))),
    ])
    const sums = PARTS.map((part) => grouped(formatGrains(sumOf(own, part), places)))
    const titles = [`Amount ${currency}`, 'Cash', 'Cards', 'Unpaid']
    const columns = [
      { title: 'Account' },
      { title: by[0]!.toUpperCase() + by.slice(1) },
      ...titles.map((title) => ({ title, right: true })),
    ]
    return table(columns, [...cells, undefined, ['Total', '', ...sums]])
  })
  return tables.join('\n')
}

function billJson({ by, values }: Call, name: string, rows: readonly Row[], written: number | undefined): object {
  const next = new Map<string, ((grains: bigint) => string)[]>()
  const parts = (total: Record<(typeof PARTS)[number], bigint>, decimals: readonly string[]) =>
    Object.fromEntries(
      PARTS.flatMap((part, i) => [
        [part, decimals[i]!],
        [`${part}_grains`, total[part].toString()],
      ]),
    )
  return {
    books: name,
    from: values.from ?? null,
    to: values.to ?? null,
    by,
    rows: rows.map(({ account, label, total }) => {
      const columns = next.get(account.currency) ?? PARTS.map(() => runningAmounts())
      next.set(account.currency, columns)
      const decimals = PARTS.map((part, i) => columns[i]!(total[part]))
      return {
        account: account.accountId,
        account_name: account.name,
        key: total.key,
        name: label,
        currency: account.currency,
        ...parts(total, decimals),
      }
    }),
    totals: [...Map.groupBy(rows, ({ account }) => account.currency)].map(([currency, own]) => {
      const total = Object.fromEntries(PARTS.map((part) => [part, sumOf(own, part)])) as Record<
        (typeof PARTS)[number],
        bigint
      >
      return {
        currency,
        ...parts(
          total,
          PARTS.map((part) => formatGrains(total[part])),
        ),
      }
    }),
    ...(written === undefined ? {} : { details: { file: values.details, rows: written } }),
  }
}

function sumOf(rows: readonly Row[], part: (typeof PARTS)[number]): bigint {
  return rows.reduce((sum, { total }) => sum + total[part], 0n)
}
