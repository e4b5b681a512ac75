import type { FastifyInstance } from 'fastify'
import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import { formatGrains, Refusal, snapshot, SYSTEM, type App } from '../base/index.ts'
import type { Keyring } from './api/keyring.ts'
import { noticeFigures } from './api/notices.ts'
import { isSilent } from './beat.ts'
import { readHealth, type Health } from './health.ts'

/** Name, what it says, and how it is read from the books' health. */
const GAUGES: readonly [string, string, (health: Health) => number][] = [
  [
    'deduction_lag_seconds',
    'Age of the oldest wallet that owes something and is not deducted',
    (health) => health.deductionLag,
  ],
  [
    'attribution_lag_seconds',
    'Age of the oldest deduction that is on no bill yet: up to an hour and what a round takes',
    (health) => health.attributionLag,
  ],
  ['wallets_running', 'Wallets in which something runs', (health) => health.walletsRunning],
  ['wallets_in_arrears', 'Wallets with arrears', (health) => health.walletsInArrears],
  ['parked_events', 'Usage events that wait for what they name', ({ queues }) => queues.parked.waiting],
  [
    'exports_waiting',
    'Exports that are queued or being written',
    ({ queues, exportsRunning }) => queues.exports.waiting + exportsRunning,
  ],
  ['topup_orders_open', 'Top-up orders that wait to be paid', (health) => health.ordersOpen],
  ['topup_looks_due', 'Top-up orders for which a gateway is to be asked by now', ({ queues }) => queues.looks.waiting],
  [
    'gateway_notices_waiting',
    'Notices of gateways that were kept and from which nothing followed yet',
    ({ queues }) => queues.notices.waiting,
  ],
  ['disputes_open', 'Payments that fit no order, for staff to settle', ({ queues }) => queues.disputes.waiting],
  ['happenings_waiting', 'What happened and nobody has been told of yet', ({ queues }) => queues.happenings.waiting],
  ['mails_waiting', 'Mails that are to be sent; without a mail server they stay', ({ queues }) => queues.mails.waiting],
  ['mails_failed', 'Mails of a month that were refused or given up', (health) => health.mailsFailed],
  [
    'workers',
    'Processes that serve these books and say so',
    ({ workers, asOf }) => workers.filter((each) => !isSilent(each, asOf)).length,
  ],
  ['database_bytes', 'What the database takes on disk', ({ database }) => database.bytes],
]

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
  const money = new Gauge({
    name: 'corehour_unattributed',
    help: 'Deducted use that is not on a bill yet, in main units',
    labelNames: ['currency'],
    registers,
  })
  const gauges = GAUGES.map(([name, help, read]) => ({
    gauge: new Gauge({ name: `corehour_${name}`, help, registers }),
    read,
  }))

  http.addHook('onResponse', (request, reply, done) => {
    const { method, routeOptions } = request
    requests.observe({ method, route: routeOptions.url ?? 'none', status: reply.statusCode }, reply.elapsedTime / 1000)
    if (reply.statusCode === 500) failures.inc()
    done()
  })
  http.get('/metrics', async (request, reply) => {
    if ((await keyring.callerOf(request.headers.authorization))?.scope !== 'staff') throw new Refusal('unauthorized')
    const health = await snapshot(app, SYSTEM, readHealth)
    for (const { gauge, read } of gauges) gauge.set(read(health))
    for (const { currency, grains } of health.unattributed) money.set({ currency }, Number(formatGrains(grains)))
    const both = Registry.merge([...registers, noticeFigures(app).registry])
    return reply.type(both.contentType).send(await both.metrics())
  })
}
