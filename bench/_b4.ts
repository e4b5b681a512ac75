import { startThrowaway } from '../src/app/embedded/throwaway.ts'
import { migrate } from '../src/app/migrate.ts'
import { openDatabase, systemClock } from '../src/base/index.ts'
const e = await startThrowaway({ binariesFolder: '/var/lib/corehour/bench', parent: '/var/tmp' })
const s = openDatabase({ ...e.database('postgres'), max: 1 }); await s.pool.query('create database bench'); await s.close()
const database = openDatabase({ ...e.database('bench'), max: 1 })
await migrate(database, systemClock)
const q = async (name: string, text: string, n = 3) => { const ts = []; for (let i = 0; i < n; i++) { const a = performance.now(); await database.pool.query(text); ts.push(performance.now() - a) } console.log(name, ts.map((x) => x.toFixed(0)).join(' ')) }
await database.pool.query(`insert into wallet (bucket, account_id, currency, balance, rate, settled_at, attributed_at, seen_at) select ('x'||substr(md5(i::text),1,8))::bit(32)::int & 1023, 'acct_'||lpad(i::text,26,'0'), 'CNY', 0, 1000, '2026-01-01','2026-01-01','2026-01-01' from generate_series(1,100000) i order by 1,2`)
await database.pool.query('vacuum analyze wallet')
await database.pool.query(`set max_parallel_workers_per_gather=0`)
await q('sum plain', `select sum(rate*300) from wallet`)
await q('sum extract', `select sum(rate*extract(epoch from '2026-01-01 00:05Z'::timestamptz - settled_at)::bigint) from wallet`)
await q('sum date_part', `select sum(rate*date_part('epoch', '2026-01-01 00:05Z'::timestamptz - settled_at)::bigint) from wallet`)
await q('bare', `update wallet set balance = balance - 1`)
await q('update owed', `update wallet set balance = balance - rate*extract(epoch from '2026-01-01 00:05Z'::timestamptz - settled_at)::bigint, settled_at='2026-01-01', last_seq = last_seq + 1`)
let k = 0
const ins = (extra: string) => `insert into posting (bucket, account_id, seq, source, debit, credit, amount, used_from, used_to, at, recorded_at) select bucket, account_id, ${++k}, 'use', 'unattributed', 'revenue', 300, settled_at, '2026-01-01 00:05Z', '2026-01-01 00:05Z', '2026-01-01 00:05Z' from wallet ${extra}`
for (let i = 0; i < 3; i++) await q('insert posting', ins(''), 1)
await q('lock all', `begin; select count(*), array_agg(account_id) from (select * from wallet order by bucket, account_id for update) x; commit`)
await database.pool.query('vacuum wallet')
await q('chunks: lock', `do $$ begin for b in 0..1023 by 10 loop perform count(*), array_agg(account_id) from (select bucket, account_id from wallet where bucket between b and b+9 order by bucket, account_id for update) x; end loop; end $$`)
await q('chunks: update any', `do $$ declare ids text[]; begin for b in 0..1023 by 10 loop ids := (select array_agg(account_id) from wallet where bucket between b and b+9); update wallet set balance = balance - rate*extract(epoch from '2026-01-01 00:05Z'::timestamptz - settled_at)::bigint, settled_at='2026-01-01', last_seq = last_seq + 1 where bucket between b and b+9 and account_id = any(ids); end loop; end $$`)
await q('chunks: update range', `do $$ begin for b in 0..1023 by 10 loop update wallet set balance = balance - rate*extract(epoch from '2026-01-01 00:05Z'::timestamptz - settled_at)::bigint, settled_at='2026-01-01', last_seq = last_seq + 1 where bucket between b and b+9 ; end loop; end $$`)
await database.close(); await e.stop()
