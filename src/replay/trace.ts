/** How a trace is written: Slurm's `sacct -P`, the Standard Workload Format, or CSV with the columns in this room's README. */
export type TraceFormat = 'sacct' | 'swf' | 'csv'

/** What a job held, as plain decimals of any length: CPUs, GPUs (both may be fractions) and GB (= MiB / 1024) of memory. */
export type TraceQuantity = { cpu: string; gpu: string; gb: string }

/** One stretch of use: the job ran in [start, start + seconds). */
export type TraceRow = {
  /** Line of the (uncompressed) file, from 1. */
  line: number
  /** The cluster that wrote the row; '' where the trace names none. Job ids are only unique within it. */
  cluster: string
  /** The job's id as in the trace. */
  job: string
  /** Which life of that job id this is, from 1, by submit time. */
  run: number
  /** The resource: the job's id, or `id#run` where it ran at the same time as an earlier row of that id (an array's tasks). */
  subject: string
  /** `default` where the trace names none. */
  user: string
  /** As in the trace; '' where it names none. */
  project: string
  /** Who pays: the project, else the user, else `default`. */
  payer: string
  /** `default` where the trace names none. */
  queue: string
  submit?: Temporal.Instant
  /** A whole second. */
  start: Temporal.Instant
  /** Whole, at least 1. */
  seconds: number
  quantity: TraceQuantity
  /** Neither duration nor end stood in the trace; the seconds run to the trace's last instant. */
  stillRunning?: true
}

/** A row that is not charged, and why. `column` and `value` name the field that decided it. */
export type SkippedRow = { line: number; reason: SkipReason; column: string; value: string }

export type Trace = {
  format: TraceFormat
  /** In the order of the file. */
  rows: TraceRow[]
  skipped: SkippedRow[]
  /** The earliest start of `rows`, and the end of the one that ends last; absent where there are no rows. */
  first?: Temporal.Instant
  last?: Temporal.Instant
}

/** A row as it stands in the file, before it is known whether it is charged. Times in microseconds since the epoch. */
export type RawRow = {
  line: number
  cluster: string
  job: string
  user: string
  project: string
  queue: string
  submit: bigint | undefined
  start: bigint | undefined
  end: bigint | undefined
  /** Microseconds, as the trace tells it; may be negative. */
  duration: bigint | undefined
  /** The column that says how long it ran, or would have. */
  durationColumn: string
  startColumn: string
  quantity: TraceQuantity | undefined
  quantityColumn: string
}

/** Takes one line that is not blank: a row, a skipped row, or nothing to count (a header, a comment). */
export type LineParser = (text: string, line: number) => RawRow | SkippedRow | undefined

/** Why a row is not charged, in both languages. `{column}` and `{value}` are filled from the row. */
export const skipReasons = {
  never_ran: { en: 'the job never ran', zh: '作业从未运行' },
  bad_duration: { en: 'the duration {column} = "{value}" is impossible', zh: '运行时长 {column} = "{value}" 不可能' },
  no_start: { en: 'the job has no start ({column})', zh: '作业没有开始时间（{column}）' },
  step: { en: 'a job step; its job is charged', zh: '作业步骤；费用计入其所属作业' },
  broken_row: { en: 'the row cannot be read: {column} = "{value}"', zh: '无法读取该行：{column} = "{value}"' },
} as const

export type SkipReason = keyof typeof skipReasons

/** Why a row was skipped, for a reader. */
export function explainSkip(row: SkippedRow, language: 'en' | 'zh' = 'en'): string {
  return skipReasons[row.reason][language].replace('{column}', () => row.column).replace('{value}', () => row.value)
}

/** How many rows were skipped, by reason; reasons that did not occur are left out. */
export function countSkips(skipped: readonly SkippedRow[]): Partial<Record<SkipReason, number>> {
  const counts: Partial<Record<SkipReason, number>> = {}
  for (const row of skipped) counts[row.reason] = (counts[row.reason] ?? 0) + 1
  return counts
}

const LONGEST_SHOWN = 80

/** A skipped row; a long value is cut, so that a broken file cannot fill the memory with itself. */
export function skip(line: number, reason: SkipReason, column: string, value = ''): SkippedRow {
  return { line, reason, column, value: value.length > LONGEST_SHOWN ? `${value.slice(0, LONGEST_SHOWN)}…` : value }
}
