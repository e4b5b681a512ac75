import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { query, type Database } from '../src/base/index.ts'

type Column = { table: string; column: string; type: string; nullable: boolean; default: string | null }
type Index = { table: string; definition: string; primary: boolean }

/** Types that the books may use, and how they are written down. No float is among them. */
const TYPES: Record<string, string> = {
  _text: 'text[]',
  bool: 'boolean',
  bytea: 'bytes',
  date: 'date',
  int4: 'integer',
  int8: 'bigint',
  json: 'json',
  jsonb: 'jsonb',
  numeric: 'numeric',
  text: 'text',
  timestamptz: 'timestamptz',
}

/**
 * The tables of a migrated database as a page for whoever looks into the books: what each is for (the comment above it in its
 * migration), its columns, keys and indexes.
 * @throws Error for a type of column that the books don't use
 */
export async function describeSchema(database: Database, migrations: string): Promise<string> {
  const columns = Map.groupBy(await readColumns(database), (each) => each.table)
  const indexes = Map.groupBy(await readIndexes(database), (each) => each.table)
  const comments = readComments(migrations)
  const tables = [...columns].map(([table, its]) => {
    const rows = its.map(
      (each) => `| ${each.column} | ${typeOf(each)} | ${each.default === null ? '' : `\`${each.default}\``} |\n`,
    )
    const keys = (indexes.get(table) ?? []).map(
      ({ definition, primary }) => `- ${primary ? 'key' : 'index'} ${definition}\n`,
    )
    const about = comments.get(table) ?? ''
    return `## ${table}\n\n${about && `${about}\n\n`}| column | type | default |\n|---|---|---|\n${rows.join('')}\n${keys.join('')}`
  })
  return `# The tables

Generated from the migrated database by \`npm run check -- --write\`; do not edit. Amounts are in grains, rates in grains per second.

${tables.join('\n')}`
}

function typeOf({ table, column, type, nullable }: Column): string {
  const name = TYPES[type]
  if (!name) throw new Error(`${table}.${column} is of type ${type}, which the books don't use: see scripts/schema.ts`)
  return nullable ? `${name}, may be null` : name
}

/** The comment that stands right above each `create table`, as one paragraph. */
function readComments(folder: string): Map<string, string> {
  const text = readdirSync(folder)
    .sort()
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .join('\n')
  const found = text.matchAll(/((?:^--.*\n)+)create table (\w+)/gm)
  return new Map([...found].map(([, comment, table]) => [table!, comment!.replaceAll(/^-- ?/gm, '').trim()]))
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

function readIndexes(database: Database): Promise<Index[]> {
  const text = `select c.relname as table, x.indisprimary as primary,
      regexp_replace(pg_get_indexdef(x.indexrelid), '^.* USING btree ', '') as definition
    from pg_index x
    join pg_class c on c.oid = x.indrelid
    where c.relnamespace = current_schema::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
    order by c.relname collate "C", not x.indisprimary, pg_get_indexdef(x.indexrelid) collate "C"`
  return query<Index>(database.pool, { text })
}
