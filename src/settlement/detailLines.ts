import type { Tx } from '../base/index.ts'
import type { BillFilter, BillSource } from './billFilter.ts'
import type { BillKey, Keys } from './detailKeys.ts'
import { readDetailLines, readLineIds, type DetailLine } from './detailStore.ts'

/** What a stretch of a line's amount costs, and who paid for it. Grains; amount = cash + granted + unpaid. */
export type Laid = { amount: bigint; cash: bigint; granted: bigint; unpaid: bigint }
/** What a line has that nothing laid on it explains. */
export type Rest = Laid & { lineId: string; day: number; key: BillKey }

/**
 * The bill lines of one account while their details are laid on them, in order of start: what comes first takes what
 * grants paid, the next what cash paid, the last what is unpaid. So details sum to lines.
 */
export type Lines = {
  /** Reads the lines through a day; to be awaited before that day is laid on. */
  readThrough(day: number): Promise<void>
  /** Lays grains on the line of a day and key; nothing where there is none yet. */
  lay(day: number, key: BillKey, used: bigint): Laid
  /** Puts days before this one away: nothing more will be laid on them. */
  leave(day: number): void
  /** What is left of the lines at the end, in order of their ids. Reads all that are not read yet. */
  rest(): Promise<Rest[]>
  close(): Promise<void>
}

// Lines are kept in columns, 60 bytes each, not as objects of 250: where much runs for months all lines of an account
// are in use at once.
type Day = {
  rows: Map<BillKey, number>
  amount: BigInt64Array
  granted: BigInt64Array
  cash: BigInt64Array
  laid: BigInt64Array
}
const NOTHING: Laid = { amount: 0n, cash: 0n, granted: 0n, unpaid: 0n }
const LAST_DAY = 4_000_000

export function openLines(tx: Tx, source: BillSource, filter: BillFilter, { keyOf }: Keys): Lines {
  const days = new Map<number, Day>()
  const left = new Map<number, Map<BillKey, Laid>>()
  const reader = readByDay(readDetailLines(tx, source, filter))
  const readThrough = async (through: number) => {
    for (let lines = await reader.next(through); lines; lines = await reader.next(through))
      days.set(lines[0]!.day, toDay(lines, keyOf))
  }
  const leave = (before: number) => {
    for (const [day, lines] of days) {
      if (day >= before) continue
      const rest = restOf(lines)
      if (rest.size > 0) left.set(day, rest)
      days.delete(day)
    }
  }
  return {
    readThrough,
    leave,
    lay(day, key, used) {
      const lines = days.get(day)
      const row = lines?.rows.get(key)
      if (!lines || row === undefined) return NOTHING
      const from = lines.laid[row]!
      lines.laid[row] = from + used
      return stretch(lines, row, from, from + used)
    },
    async rest() {
      await readThrough(LAST_DAY)
      leave(LAST_DAY)
      if (left.size === 0) return []
      return (await readLineIds(tx, source, filter, [...left.keys()])).flatMap(({ lineId, day, key: text }) => {
        const key = keyOf(text)
        const laid = left.get(day)?.get(key)
        return laid ? [{ ...laid, lineId, day, key }] : []
      })
    },
    close: () => reader.close(),
  }
}

/** Reads lines, which come in order of their days, a day at a time. */
function readByDay(pages: AsyncGenerator<DetailLine[]>) {
  let page: DetailLine[] = []
  let at = 0
  const peek = async (): Promise<DetailLine | undefined> => {
    while (at === page.length) {
      const next = await pages.next()
      if (next.done) return undefined
      page = next.value
      at = 0
    }
    return page[at]
  }
  return {
    /** The lines of the next day that has any, if that is not after `through`. */
    async next(through: number): Promise<DetailLine[] | undefined> {
      const first = await peek()
      if (!first || first.day > through) return undefined
      const lines: DetailLine[] = []
      for (let line: DetailLine | undefined = first; line?.day === first.day; line = await peek()) {
        lines.push(line)
        at++
      }
      return lines
    },
    close: async () => void (await pages.return(undefined)),
  }
}

function toDay(lines: readonly DetailLine[], keyOf: Keys['keyOf']): Day {
  const column = (part: 'amount' | 'granted' | 'cash') => BigInt64Array.from(lines, (line) => line[part])
  return {
    rows: new Map(lines.map((line, row) => [keyOf(line.key), row])),
    amount: column('amount'),
    granted: column('granted'),
    cash: column('cash'),
    laid: new BigInt64Array(lines.length),
  }
}

function restOf(lines: Day): Map<BillKey, Laid> {
  const rest = new Map<BillKey, Laid>()
  for (const [key, row] of lines.rows) {
    const [laid, amount] = [lines.laid[row]!, lines.amount[row]!]
    if (amount > laid) rest.set(key, stretch(lines, row, laid, amount))
  }
  return rest
}

/** Who paid for the stretch [from, to) of a line's amount: first grants, then cash, then nobody yet. */
function stretch(lines: Day, row: number, from: bigint, to: bigint): Laid {
  const whole = lines.amount[row]!
  const granted = lines.granted[row]!
  const paid = granted + lines.cash[row]!
  const end = to < whole ? to : whole
  if (from >= end) return NOTHING
  // Nearly always: all of it is cash.
  if (from >= granted && end <= paid) return { amount: end - from, cash: end - from, granted: 0n, unpaid: 0n }
  const within = (low: bigint, high: bigint) => {
    const [first, last] = [from > low ? from : low, end < high ? end : high]
    return last > first ? last - first : 0n
  }
  return { amount: end - from, granted: within(0n, granted), cash: within(granted, paid), unpaid: within(paid, whole) }
}
