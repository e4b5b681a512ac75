import type { FastifyInstance } from 'fastify'
import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import { formatGrains, query, Refusal, secondsOf, type App } from '../base/index.ts'
import type { Keyring } from './api/keyring.ts'
import { noticeFigures } from './api/notices.ts'

// One walk over the wallets: 100,000 of them take 30 ms; Prometheus asks every 15 to 60 s.
const WALLETS = {
  name: 'metrics-wallets',
  text: `select min(settled_at) filter (where rate <> 0 or accrued <> 0 or late <> 0) as "oldestSettled",
      count(*) filter (where rate <> 0) as running, count(*) filter (where arrears > 0) as "inArrears"
    from wallet`,
}
// What is deducted and not laid over lots yet: what lots still hold, less arrears and balances.
const UNATTRIBUTED = {
  name: 'metrics-unattributed',
  text: `select w.currency, sum(coalesce(l.remaining, 0) - w.arrears - w.balance) as grains
    from wallet w left join (select bucket, account_id, sum(remaining) as remaining from lot where remaining > 0 group by 1, 2) l
      on l.bucket = w.bucket and l.account_id = w.account_id
    group by w.currency`,
}
const PARKED = { name: 'metrics-parked', text: 'select count(*) as parked from parked_event' }
const EXPORTS = {
  name: 'metrics-exports',
  text: `select count(*) as waiting from bill_export where state in ('queued', 'running')`,
}

const TOP_UPS = {
  name: 'metrics-top-ups',
  text: `select (select count(*) from topup_order where state in ('opening', 'awaiting')) as orders,
      (select count(*) from gateway_notice where due_at is not null) as notices, (select count(*) from dispute where state = 'open') as disputes`,
}
const TOLD = {
  name: 'metrics-told',
  text: `select (select count(*) from happening where reacted_at is null) as happenings,
      (select count(*) from mail where state = 'waiting') as waiting, (select count(*) from mail where state = 'failed') as failed`,
}

/** GET /metrics for Prometheus, with a staff key: the requests, and how the books stand at the moment. */
export function serveMetrics(http: FastifyInstance, app: App, keyring: Keyring): void {
  const registers = [new Registry()]
  const requests = new Histogram({
    name: 'corehour_http_request_seconds',
    help: 'Requests by route and status',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5],
    registers,
  })
  const failures = new Counter({
    name: 'corehour_http_failures_total',
    help: 'Requests that failed by our own fault',
    registers,
  })
  const gauge = (name: string, help: string) => new Gauge({ name: `corehour_${name}`, help, registers })
  const lag = gauge('deduction_lag_seconds', 'Age of the oldest wallet that owes something and is not deducted')
  const money = new Gauge({
    name: 'corehour_unattributed',
    help: 'Deducted use that is not on a bill yet, in main units',
    labelNames: ['currency'],
    registers,
  })
  const running = gauge('wallets_running', 'Wallets in which something runs')
  const inArrears = gauge('wallets_in_arrears', 'Wallets with arrears')
  const parked = gauge('parked_events', 'Usage events that wait for what they name')
  const exports = gauge('exports_waiting', 'Exports that are queued or being written')

  const orders = gauge('topup_orders_open', 'Top-up orders that wait to be paid')
  const notices = gauge(
    'gateway_notices_waiting',
    'Notices of gateways that were kept and from which nothing followed yet',
  )
  const disputes = gauge('disputes_open', 'Payments that fit no order, for staff to settle')
  const countTold = openTold(app, gauge)

  http.addHook('onResponse', (request, reply, done) => {
    const { method, routeOptions } = request
    requests.observe({ method, route: routeOptions.url ?? 'none', status: reply.statusCode }, reply.elapsedTime / 1000)
    if (reply.statusCode === 500) failures.inc()
    done()
  })
  http.get('/metrics', async (request, reply) => {
    if ((await keyring.callerOf(request.headers.authorization))?.scope !== 'staff') throw new Refusal('unauthorized')
    const { pool } = app.database
    const now = secondsOf(app.clock.now())
    const age = (at: Temporal.Instant | null) => (at ? Math.max(0, now - secondsOf(at)) : 0)
    const [wallets] = await query(pool, WALLETS)
    lag.set(age(wallets!.oldestSettled))
    running.set(Number(wallets!.running))
    inArrears.set(Number(wallets!.inArrears))
    for (const { currency, grains } of await query(pool, UNATTRIBUTED))
      money.set({ currency }, Number(formatGrains(BigInt(grains))))
    parked.set(Number((await query(pool, PARKED))[0]!.parked))
    exports.set(Number((await query(pool, EXPORTS))[0]!.waiting))
    await countTold()
    const [topUps] = await query(pool, TOP_UPS)
    orders.set(Number(topUps!.orders))
    notices.set(Number(topUps!.notices))
    disputes.set(Number(topUps!.disputes))
    const both = Registry.merge([...registers, noticeFigures(app).registry])
    return reply.type(both.contentType).send(await both.metrics())
  })
}

/** What people are still to be told. */
function openTold(app: App, gauge: (name: string, help: string) => Gauge): () => Promise<void> {
  const happenings = gauge('happenings_waiting', 'What happened and nobody has been told of yet')
  const mails = gauge('mails_waiting', 'Mails that are to be sent; without a mail server they stay')
  const failed = gauge('mails_failed', 'Mails of a month that were refused or given up')
  return async () => {
    const [told] = await query(app.database.pool, TOLD)
    happenings.set(Number(told!.happenings))
    mails.set(Number(told!.waiting))
    failed.set(Number(told!.failed))
  }
}
