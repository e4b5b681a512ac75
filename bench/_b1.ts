import { startThrowaway } from '../src/app/embedded/throwaway.ts'
import { migrate } from '../src/app/migrate.ts'
import { openDatabase, manualClock, systemClock, query, SYSTEM, transact, type App } from '../src/base/index.ts'
import { deduct, attribute, credit } from '../src/settlement/index.ts'
import { applyEvents } from '../src/metering/index.ts'
import { createProject, createUser } from '../src/identity/index.ts'
import { publishPriceList } from '../src/pricing/index.ts'
import { openAccount } from '../src/wallet/index.ts'
const e = await startThrowaway({ binariesFolder: '/var/lib/corehour/bench', parent: '/var/tmp' })
const s = openDatabase({ ...e.database('postgres'), max: 1 }); await s.pool.query('create database bench'); await s.close()
const database = openDatabase({ ...e.database('bench'), max: 8 })
await migrate(database, systemClock)
const clock = manualClock('2026-01-01T00:00:00Z')
const app: App = { database, clock, timeZone: 'Asia/Shanghai', log: { info() {}, error: console.error } }
const t = async (name: string, f: () => Promise<unknown>) => { const a = performance.now(); const r = await f(); console.log(name, (performance.now() - a).toFixed(0), 'ms', r ?? '') }
// events
const worlds = await transact(app, SYSTEM, async (tx) => {
  await publishPriceList(tx, { currency: 'CNY', effective_at: '2026-01-01T00:00:00Z', machines: {}, queues: { '*': { cpu_hour: '0.05' } } } as never)
  const list = []
  for (let i = 0; i < 200; i++) {
    const { accountId } = await openAccount(tx, { name: 'a' + i, currency: 'CNY' })
    const u = await createUser(tx, { accountId, name: 'u' })
    const p = await createProject(tx, { accountId, creatorUserId: u.userId, name: 'p' })
    list.push({ accountId, userId: u.userId, projectId: p.projectId })
  }
  return list
})
clock.advance(60)
const N = 40
const mk = (b: number, type: string) => Array.from({ length: 1000 }, (_, i) => { const w = worlds[(i * 7 + b) % 200]!; return { specversion: '1.0', source: 'lab', id: `${type}-${b}-${i}`, subject: `job-${b}-${i}`, time: clock.now().toString(), type: `corehour.usage.${type}`, data: { project: w.projectId, ...(type === 'started' ? { user: w.userId, kind: 'job', sku: 'queue:cpu', quantity: { cpu: '4' } } : {}) } } })
for (const lanes of [1, 2]) {
  const starts = Array.from({ length: N }, (_, b) => mk(b + lanes * 1000, 'started')); clock.advance(1); const stops = Array.from({ length: N }, (_, b) => mk(b + lanes * 1000, 'stopped'))
  await t(`events started 40k lanes ${lanes}`, async () => { const q = [...starts]; await Promise.all(Array.from({ length: lanes }, async () => { for (let x; (x = q.pop()); ) await applyEvents(app, SYSTEM, x) })) })
  await t(`events stopped 40k lanes ${lanes}`, async () => { const q = [...stops]; await Promise.all(Array.from({ length: lanes }, async () => { for (let x; (x = q.pop()); ) { const r = await applyEvents(app, SYSTEM, x); if (r.some((y) => y.status !== 'accepted')) throw new Error(JSON.stringify(r[0])) } })) })
}
// deduction
await query(database.pool, { text: `insert into account select ('x'||substr(md5(i::text),1,8))::bit(32)::int & 1023, 'acct_'||lpad(i::text,26,'0'), 'n', 'CNY', '2026-01-01' from generate_series(1,100000) i` })
await query(database.pool, { text: `insert into wallet (bucket, account_id, currency, balance, rate, settled_at, attributed_at, seen_at) select bucket, account_id, 'CNY', 0, 1000, '2026-01-01','2026-01-01','2026-01-01' from account where account_id like 'acct_0000%' order by bucket, account_id` })
await database.pool.query('vacuum analyze wallet'); await database.pool.query('create table w2 with (fillfactor=45) as select * from wallet'); await database.pool.query('alter table w2 add primary key (bucket, account_id)'); await database.pool.query('vacuum analyze w2')
for (let i = 0; i < 6; i++) {
  clock.advance(300)
  await t('deduct', () => deduct(app, clock.now()))
  await t('bare update', async () => { await database.pool.query(`update w2 set balance = balance - 1`) })
}
await database.close(); await e.stop()
