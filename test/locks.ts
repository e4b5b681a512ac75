import { query, type App } from '../src/base/index.ts'

/** Until so many transactions on an app's database wait for others. */
export async function waitForLock(app: App, count = 1): Promise<void> {
  for (;;) {
    const [row] = await query(app.database.pool, {
      text: `select count(*)::int as waiting from pg_locks where not granted and pid in (
        select pid from pg_stat_activity where datname = current_database())`,
    })
    if (row!.waiting >= count) return
  }
}
