import { query, type Database } from '../base/index.ts'

export type SettingName = 'link_secret' | 'clock' | 'demo_began' | 'demo_done'

/** What the books were told under a name first: `value` where nobody was before. Several servers at once agree. */
export async function settle(database: Database, name: SettingName, value: string): Promise<string> {
  await query(
    database.pool,
    { text: 'insert into setting (name, value) values ($1, $2) on conflict (name) do nothing' },
    [name, value],
  )
  return (await readSetting(database, name))!
}

export async function readSetting(database: Database, name: SettingName): Promise<string | undefined> {
  const [row] = await query<{ value: string }>(database.pool, { text: 'select value from setting where name = $1' }, [
    name,
  ])
  return row?.value
}
