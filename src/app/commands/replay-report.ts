import type { Language } from '@corehour/contract'
import { formatGrains } from '../../base/index.ts'
import { countSkips, explainSkip, type Replay, type Trace } from '../../replay/index.ts'
import { runningAmounts } from '../../settlement/index.ts'
import { auditJson } from './audit.ts'
import { grouped, money, placesFor, table } from '@corehour/cli'

export type ReplayReport = { file: string; trace: Trace; replay: Replay; kept: boolean }

const MOST_NAMED = 20
const MOST_ACCOUNTS = 20

/** The one object of `--json`. Money: a decimal for reading, whose column adds up, beside exact grains as text. */
export function replayJson({ file, trace, replay, kept }: ReplayReport, language: Language): object {
  const charged = totalOf(replay)
  const next = runningAmounts()
  return {
    file,
    format: trace.format,
    rows: trace.rows.length + trace.skipped.length,
    spans: replay.spans,
    skipped: skipsOf(trace, replay),
    skipped_rows: namedSkips(trace, replay, language).slice(0, MOST_NAMED),
    first: replay.first?.toString() ?? null,
    last: replay.last?.toString() ?? null,
    prices_from: replay.pricesFrom?.toString() ?? null,
    deductions: Number(replay.deductions),
    currency: replay.currency,
    charged: formatGrains(charged),
    charged_grains: charged.toString(),
    accounts: replay.accounts.map(({ accountId, name, charged, balance, arrears }) => ({
      account: accountId,
      name,
      charged: next(charged),
      charged_grains: charged.toString(),
      balance: formatGrains(balance),
      balance_grains: balance.toString(),
      arrears: formatGrains(arrears),
      arrears_grains: arrears.toString(),
    })),
    audit: auditJson(replay.audit),
    seconds: Math.round(replay.seconds * 1000) / 1000,
    kept,
  }
}

/** The summary for a reader. */
export function replayText(report: ReplayReport, language: Language): string {
  const { file, trace, replay, kept } = report
  const { currency, audit } = replay
  const charged = totalOf(replay)
  const places = placesFor([charged, ...replay.accounts.map((account) => account.charged)])
  const skips = Object.entries(skipsOf(trace, replay)).map(([reason, count]) => `${reason} ${grouped(String(count))}`)
  const lines: [string, string][] = [
    ['Trace', `${file} (${trace.format}): ${grouped(String(replay.spans))} spans charged`],
    ['Skipped', skips.join(', ') || 'nothing'],
    ...namedSkips(trace, replay, language)
      .slice(0, 3)
      .map(({ line, detail }): [string, string] => ['', `line ${line}: ${detail}`]),
    ['Period', replay.first ? `${replay.first} to ${replay.last}` : 'nothing ran'],
    ...(replay.pricesFrom ? [['Prices', `${currency}, applied from ${replay.pricesFrom}`] as [string, string]] : []),
    ['Deductions', grouped(replay.deductions.toString())],
    ['Charged', `${money(charged, places)} ${currency} (${charged} grains)`],
    [
      'Audit',
      audit.violations.length === 0
        ? `${audit.checked} invariants hold`
        : `${audit.violations.length} of ${audit.checked} invariants VIOLATED`,
    ],
    ...audit.violations.map(({ invariant, meaning }): [string, string] => ['', `${invariant}: ${meaning}`]),
    ['Took', `${replay.seconds.toFixed(1)} s`],
    ...(kept
      ? [['Kept', 'look at it: corehour bill --details bill.csv, corehour audit --replay'] as [string, string]]
      : []),
  ]
  const head = lines.map(([name, text]) => `${name.padEnd(12)}${text}\n`).join('')
  return replay.accounts.length === 0 ? head : `${head}\n${accountsTable(replay, places)}`
}

function accountsTable({ accounts, currency }: Replay, places: number): string {
  const next = runningAmounts(places)
  const rows = accounts.map(({ name, charged, balance, arrears }) => [
    name,
    grouped(next(charged)),
    money(balance, places),
    money(arrears, places),
  ])
  const shown = rows.slice(0, MOST_ACCOUNTS)
  const total = accounts.reduce((sum, account) => sum + account.charged, 0n)
  const all = accounts.length === 1 ? '1 account' : `${accounts.length} accounts`
  const right = (title: string) => ({ title, right: true })
  return table(
    [{ title: 'Account' }, right(`Charged ${currency}`), right('Balance'), right('Arrears')],
    [
      ...shown,
      ...(rows.length > shown.length ? [[`.. and ${rows.length - shown.length} more`]] : []),
      undefined,
      [all, money(total, places), '', ''],
    ],
  )
}

function totalOf({ accounts }: Replay): bigint {
  return accounts.reduce((sum, account) => sum + account.charged, 0n)
}

/** Rows that were not charged, by reason: what the reader skipped and what metering refuses. */
function skipsOf(trace: Trace, { refused }: Replay): Record<string, number> {
  const counts: Record<string, number> = { ...countSkips(trace.skipped) }
  for (const { code } of refused) counts[code] = (counts[code] ?? 0) + 1
  return counts
}

/** The first of each reason, so that a thousand of one don't hide the others; then the rest, by line. */
function namedSkips(
  trace: Trace,
  { refused }: Replay,
  language: Language,
): { line: number; reason: string; detail: string }[] {
  const all = [
    ...trace.skipped.map((row) => ({
      line: row.line,
      reason: row.reason as string,
      detail: explainSkip(row, language),
    })),
    ...refused.map(({ line, code, refusal }) => ({ line, reason: code as string, detail: refusal.in(language) })),
  ].sort((a, b) => a.line - b.line)
  const first = [...Map.groupBy(all, (row) => row.reason).values()].map((rows) => rows[0]!)
  return [...first, ...all.filter((row) => !first.includes(row))]
}
