import { startThrowaway } from '../src/app/embedded/throwaway.ts'
import { migrate } from '../src/app/migrate.ts'
import { openDatabase, manualClock, systemClock, query, SYSTEM, transact, type App } from '../src/base/index.ts'
import { applyEvents } from '../src/metering/index.ts'
import { createProject, createUser } from '../src/identity/index.ts'
import { publishPriceList } from '../src/pricing/index.ts'
import { openAccount } from '../src/wallet/index.ts'
const e = await startThrowaway({ binariesFolder: '/var/lib/corehour/bench', parent: '/var/tmp' })
const s = openDatabase({ ...e.database('postgres'), max: 1 }); await s.pool.query('create database bench'); await s.close()
const database = openDatabase({ ...e.database('bench'), max: 8 })
await migrate(database, systemClock)
const times = new Map<string, number>()
const orig = (await import('pg')).default.Client.prototype.query as any
;(await import('pg')).default.Client.prototype.query = async function (this: any, ...a: any[]) { const t0 = performance.now(); const r = await orig.apply(this, a); const n = a[0]?.name ?? String(a[0]?.text ?? a[0]).slice(0, 40); times.set(n, (times.get(n) ?? 0) + performance.now() - t0); return r } as any
const clock = manualClock('2026-01-01T00:00:00Z')
const app: App = { database, clock, timeZone: 'Asia/Shanghai', log: { info() {}, error: console.error } }
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
const mk = (b: number, type: string) => Array.from({ length: 1000 }, (_, i) => { const w = worlds[(i * 7 + b) % 200]!; return { specversion: '1.0', source: 'lab', id: `${type}-${b}-${i}`, subject: `job-${b}-${i}`, time: clock.now().toString(), type: `corehour.usage.${type}`, data: { project: w.projectId, ...(type === 'started' ? { user: w.userId, kind: 'job', sku: 'queue:cpu', quantity: { cpu: '4' } } : {}) } } })
const N = Number(process.argv[2] ?? 15)
const starts = Array.from({ length: N }, (_, b) => mk(b, 'started')); clock.advance(1); const stops = Array.from({ length: N }, (_, b) => mk(b, 'stopped'))
for (const [name, list] of [['start', starts], ['stop', stops]] as const) {
  times.clear(); const t0 = performance.now()
  for (const x of list) await applyEvents(app, SYSTEM, x)
  const all = performance.now() - t0
  console.log(name, (all / N).toFixed(1), 'ms/batch', Object.fromEntries([...times].map(([k, v]) => [k, +(v / N).toFixed(1)])))
}
{
 const app2 = { ...app, database: openDatabase({ ...e.database('bench'), max: 1 }) }
 const c = await app2.database.pool.connect()
 await c.query("load 'auto_explain'"); await c.query("set auto_explain.log_min_duration=0; set auto_explain.log_analyze=on; set auto_explain.log_buffers=on; set auto_explain.log_timing=on; set auto_explain.log_parameter_max_length=0; set client_min_messages=log")
 c.on('notice', (n: any) => console.log(n.message?.slice(0, 3500)))
 c.release()
 clock.advance(1)
 const b = 9001; const a = mk(b, 'started'); await applyEvents(app2, SYSTEM, a); clock.advance(1); await applyEvents(app2, SYSTEM, mk(b, 'stopped')); await app2.database.close()
}
if (process.argv[3]) { for (const n of ['read-states', 'find-parked-of', 'insert-events']) { } }
await database.close(); await e.stop()
