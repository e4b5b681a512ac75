import { query, type App } from '../src/base/index.ts'
import { eventually } from './process.ts'

/** Until so many transactions on an app's database wait for others. */
export function waitForLock(app: App, count = 1): Promise<void> {
  const text = `select count(*)::int as waiting from pg_locks where not granted and pid in (
    select pid from pg_stat_activity where datname = current_database())`
  return eventually(`${count} wait for a lock`, async () => {
    const [row] = await query<{ waiting: number }>(app.database.pool, { text })
    return row!.waiting >= count
  })
}
