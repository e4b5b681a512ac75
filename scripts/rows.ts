import { query, type Database } from '../src/base/index.ts'

type Column = { table: string; column: string; type: string; nullable: boolean; default: string | null }

/** What base/database.ts makes of each type of column. */
const TYPES: Record<string, string> = {
  bool: 'boolean',
  bytea: 'Buffer',
  date: 'Temporal.PlainDate',
  int2: 'number',
  int4: 'number',
  int8: 'bigint',
  jsonb: 'unknown',
  numeric: 'string',
  text: 'string',
  timestamptz: 'Temporal.Instant',
}

/**
 * The row types of a migrated database as TypeScript, for Kysely.
 * @throws Error for a type of column that the books don't use
 */
export async function generateRows(database: Database): Promise<string> {
  const tables = Map.groupBy(await readColumns(database), (each) => each.table)
  const lines = [...tables].map(([table, columns]) => `  ${table}: {\n${columns.map(fieldOf).join('')}  }\n`)
  return `// Generated from the migrated database by \`npm run check -- --write\`; do not edit.
import type { Generated } from 'kysely'

/** What each table's rows look like when they are read. */
export type Rows = {
${lines.join('')}}
`
}

function fieldOf({ table, column, type, nullable, default: given }: Column): string {
  const array = type.startsWith('_')
  const base = TYPES[array ? type.slice(1) : type]
  if (!base)
    throw new Error(
      `${table}.${column} is of type ${type}, which src/base/database.ts doesn't parse: add it there and in scripts/rows.ts`,
    )
  // Infinity is read as null.
  const nulls = nullable || given?.includes('infinity') ? ' | null' : ''
  const read = `${base}${array ? '[]' : ''}${nulls}`
  return `    ${column}: ${given === null ? read : `Generated<${read}>`}\n`
}

/** Partitions have their parent's columns; extensions' tables are not ours. */
function readColumns(database: Database): Promise<Column[]> {
  const text = `select c.relname as table, a.attname as column, t.typname as type, not a.attnotnull as nullable,
      pg_get_expr(d.adbin, d.adrelid) as default
    from pg_class c
    join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    join pg_type t on t.oid = a.atttypid
    left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
    where c.relnamespace = current_schema::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
      and not exists (select from pg_depend x where x.objid = c.oid and x.classid = 'pg_class'::regclass and x.deptype = 'e')
    order by c.relname collate "C", a.attnum`
  return query<Column>(database.pool, { text })
}
