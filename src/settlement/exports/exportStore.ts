import type { Row, Tx, Value } from '../../base/index.ts'
import type { BillFilter } from '../billFilter.ts'
import type { BillExport } from './export.ts'

export const EXPORT_FORMATS = ['csv', 'xlsx', 'jsonl'] as const
export type ExportFormat = (typeof EXPORT_FORMATS)[number]
export type ExportState = 'queued' | 'running' | 'done' | 'failed'

const COLUMNS = `bucket, account_id as "accountId", export_id as "exportId", key_id as "keyId", user_id as "userId", format, filter, state,
  fence, tries, rows, bytes, created_at as "createdAt", finished_at as "finishedAt", due_at as "dueAt"`

/** A filter as JSON, in which days are text. */
export type StoredFilter = Omit<BillFilter, 'from' | 'to'> & { from?: string; to?: string }
type Stored = Row & Omit<BillExport, 'filter'> & { filter: StoredFilter }

export async function insertExport(tx: Tx, row: BillExport): Promise<void> {
  await tx.query(
    {
      text: `insert into bill_export (bucket, account_id, export_id, key_id, user_id, format, filter, state, due_at, created_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
    },
    [
      row.bucket,
      row.accountId,
      row.exportId,
      row.keyId,
      row.userId,
      row.format,
      JSON.stringify(row.filter),
      row.state,
      row.dueAt,
      row.createdAt,
    ],
  )
}

/** How many of the same asker wait or run on an account. */
export async function countOpen(
  tx: Tx,
  asker: Pick<BillExport, 'bucket' | 'accountId' | 'userId' | 'keyId'>,
): Promise<number> {
  const [found] = await tx.query<{ count: bigint }>(
    {
      text: `select count(*) as count from bill_export
        where bucket = $1 and account_id = $2 and state in ('queued', 'running') and due_at is not null
          and case when $3::text is null then user_id is null and key_id = $4 else user_id = $3 end`,
    },
    [asker.bucket, asker.accountId, asker.userId, asker.keyId],
  )
  return Number(found!.count)
}

export async function readExport(tx: Tx, exportId: string): Promise<BillExport | undefined> {
  const [found] = await tx.query<Stored>({ text: `select ${COLUMNS} from bill_export where export_id = $1` }, [
    exportId,
  ])
  return found && restore(found)
}

export async function readExports(
  tx: Tx,
  asker: { bucket: number; accountId: string; userId: string } | null,
  { before, limit }: { before?: string; limit: number },
): Promise<BillExport[]> {
  const whose = asker ? 'bucket = $3 and account_id = $4 and user_id = $5' : 'user_id is null'
  const rows = await tx.query<Stored>(
    {
      text: `select ${COLUMNS} from bill_export where ($1::text is null or export_id < $1) and ${whose} order by export_id desc limit $2`,
    },
    [before ?? null, limit, ...(asker ? [asker.bucket, asker.accountId, asker.userId] : [])],
  )
  return rows.map(restore)
}

/** What is due by now, longest first. */
export async function readDue(tx: Tx, limit: number): Promise<BillExport[]> {
  const rows = await tx.query<Stored>(
    {
      name: 'due-exports',
      text: `select ${COLUMNS} from bill_export where due_at <= $1 order by due_at, export_id limit $2`,
    },
    [tx.now, limit],
  )
  return rows.map(restore)
}

/** What of a row may change; what is left out stays. */
export type Change = Partial<Pick<BillExport, 'state' | 'fence' | 'tries' | 'dueAt' | 'rows' | 'bytes' | 'finishedAt'>>

const CHANGED = {
  state: 'state',
  fence: 'fence',
  tries: 'tries',
  dueAt: 'due_at',
  rows: 'rows',
  bytes: 'bytes',
  finishedAt: 'finished_at',
} as const

/** Changes an export that still is as it was read: in that state, taken that often. Whether it was. */
export async function updateExport(
  tx: Tx,
  { bucket, accountId, exportId, state, fence }: BillExport,
  change: Change,
): Promise<boolean> {
  const values: Value[] = [bucket, accountId, exportId, state, fence]
  const sets = Object.entries(change).map(
    ([name, value]) => `${CHANGED[name as keyof Change]} = $${values.push(value)}`,
  )
  const rows = await tx.query(
    {
      text: `update bill_export set ${sets.join(', ')}
        where bucket = $1 and account_id = $2 and export_id = $3 and state = $4 and fence = $5 returning 1`,
    },
    values,
  )
  return rows.length > 0
}

function restore({ filter, ...row }: Stored): BillExport {
  return { ...row, filter: restoreFilter(filter) }
}

/** A filter that went through JSON. */
export function restoreFilter({ from, to, ...filter }: StoredFilter): BillFilter {
  return {
    ...filter,
    ...(from !== undefined && { from: Temporal.PlainDate.from(from) }),
    ...(to !== undefined && { to: Temporal.PlainDate.from(to) }),
  }
}
