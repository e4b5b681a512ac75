import { createClient, type Client } from '@corehour/sdk'
import { systemClock } from '../../src/base/index.ts'
import { eventually, spawnServer, type Running } from '../../test/process.ts'

/** A demo world as `npm start` serves it, and those who look at it. */
export type DemoWorld = {
  address: string
  /** Cookies, as a browser keeps them; nobody's is undefined. */
  cookies: Record<'nobody' | 'customer' | 'leaver' | 'newcomer' | 'operator' | 'support', string | undefined>
  /** What stands in the place of `$order` and the like. */
  names: Record<string, string>
  stop(): Promise<void>
}

/** What runs beside what the demo's own cluster runs. */
export const NODE = 'node-to-look-at'
const NEWCOMER = { name: 'Newcomer', email: 'newcomer@example.org' }
const SUPPORT = { name: 'Grace Hopper', email: 'support@example.org' }
const PASSWORD = 'four words in a row'

/** Starts it in a folder of its own, with its sandbox. */
export async function openDemoWorld(folder: string): Promise<DemoWorld> {
  const env = { COREHOUR_DATA: folder, COREHOUR_SANDBOX: 'on', COREHOUR_REQUESTS_A_MINUTE: '1000000' }
  const server = spawnServer({ env, options: [] })
  const stop = async () => {
    server.child.kill('SIGTERM')
    await server.ended
  }
  try {
    const address = await server.ready
    await eventually('the sandbox is there', () => /SANDBOX/.test(server.said().stdout))
    return { ...(await meetPeople(address, server)), address, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

async function meetPeople(address: string, server: Running): Promise<Pick<DemoWorld, 'cookies' | 'names'>> {
  await eventually('it has introduced itself', () => /Three things to try/.test(server.said().stdout))
  const said = server.said().stdout
  const keyOf = (scope: string) => new RegExp(`corehour_${scope}_\\w+`).exec(said)![0]
  const passwordOf = (email: string) => new RegExp(`${email}\\s+(\\S+)`).exec(said)![1]!
  const customer = createClient({ url: address, key: keyOf('customer') })
  const staff = createClient({ url: address, key: keyOf('staff') })
  const sandbox = /paid at (\S+),/.exec(said)![1]!
  const paid = await payOne(customer, sandbox)
  const { order_id: order } = await customer.topUps.create({ amount: '200', channel: 'alipay' })
  const [project] = (await customer.projects.list({ view: 'created' })).data
  const [account] = (await staff.accounts.list({ search: 'Lin Yue' })).data
  const [line] = (await customer.bills.lines({ limit: 1 })).data
  const details = (await customer.bills.details({ line_id: line!.line_id, limit: 100 })).data
  const span = details.find(({ type }) => type === 'use')
  const postings = (await customer.accounts.postings({ account_id: account!.account_id, limit: 100 })).data
  const use = postings.find(({ source }) => source === 'use')
  const { codes } = await staff.cardBatches.create({ amount: '50', count: 20, valid_days: 90, note: 'Open day' })
  await customer.cards.redeem({ code: codes![0]! })
  const platform = createClient({ url: address, key: keyOf('platform') })
  await useSome(platform, project!.project_id, line!.user_id)
  await oweSome(platform, staff)
  await makeKeys(staff, line!.user_id)
  await payWrongly(customer, staff, sandbox)
  const operator = await signIn(address, 'operator@example.org', passwordOf('operator@example.org'))
  const view = await openView(address, operator, account!.account_id)
  return {
    names: {
      $view: view,
      $order: order,
      $paid: paid,
      $project: project!.project_id,
      $account: account!.account_id,
      $line: line!.line_id,
      $from: span!.billed_from!,
      $to: span!.billed_to!,
      $seq: String(use!.seq),
    },
    cookies: {
      nobody: undefined,
      customer: await signIn(address, 'lin.yue@example.edu', passwordOf('lin.yue@example.edu')),
      leaver: await signIn(address, 'lin.yue@example.edu', passwordOf('lin.yue@example.edu')),
      newcomer: await signUp(address, NEWCOMER),
      operator,
      support: await signUpSupport(address, staff),
    },
  }
}

/** Tops up as a payer does, and waits until the message about it is there. */
async function payOne(customer: Client, sandbox: string): Promise<string> {
  const { order_id: order } = await customer.topUps.create({ amount: '300', channel: 'wechat' })
  await post(sandbox, '/control/pay', { channel: 'wechat', order })
  await eventually('the payment was told', async () => (await customer.messages.list({ unread: true })).data.length > 0)
  return order
}

/** A node runs, and a job of a project that is not there waits to be charged. */
async function useSome(platform: Client, project: string, user: string): Promise<void> {
  const event = (subject: string, data: object) => ({
    ...{ specversion: '1.0', source: 'demo', id: `web-${subject}`, type: 'corehour.usage.started' },
    ...{ subject, time: systemClock.now().toString(), data: { user, ...data } },
  })
  const node = { project, kind: 'node', sku: 'machine:c2_m4_cpu', quantity: { count: '1' } }
  const lost = { project: 'proj_none', kind: 'job', sku: 'queue:cpu', quantity: { cpu: '4' } }
  const { results } = await platform.usage.send({ events: [event(NODE, node), event('job-lost', lost)] as never })
  const states = results.map(({ status }) => status).join()
  if (states !== 'accepted,parked') throw new Error(`of the node and the job one was ${states}`)
}

/** Somebody used more than was paid: a job that is known late, and a payment, with which it is deducted and attributed at once. */
async function oweSome(platform: Client, staff: Client): Promise<void> {
  const owner = { name: 'Plasma Group', email: 'plasma@example.org' }
  const { user_id: user, account_id: account } = await staff.users.create(owner)
  const { project_id: project } = await staff.projects.create({ name: 'Tokamak', creator: user })
  const say = (id: string, type: string, daysAgo: number, data: object = {}) => ({
    ...{ specversion: '1.0', source: 'demo', subject: 'job-owed', id: `web-owed-${id}` },
    ...{
      type: `corehour.usage.${type}`,
      time: systemClock
        .now()
        .subtract({ hours: 24 * daysAgo })
        .toString(),
      data,
    },
  })
  const job = { project, user, kind: 'job', sku: 'queue:cpu', quantity: { cpu: '64' } }
  const events = [say('started', 'started', 24, job), say('stopped', 'stopped', 3)]
  const { results } = await platform.usage.send({ events: events as never })
  if (results.some(({ status }) => status !== 'accepted')) throw new Error(JSON.stringify(results))
  await staff.accounts.credit({ account_id: account, amount: '400', channel: 'transfer', payment_id: 'web-owed' })
}

/** Keys of every scope, of which one is revoked, and some with names that are hard to show. */
async function makeKeys(staff: Client, user: string): Promise<void> {
  const ofLin = { scope: 'customer', user_id: user } as const
  await staff.keys.create({ name: 'Nightly export of the bill to the accounting of the department', ...ofLin })
  await staff.keys.create({ name: 'محمول المختبر الرئيسي', valid_days: 90, ...ofLin })
  const sources = ['slurm-north', 'slurm-south', 'urn:cloud:region-3']
  await staff.keys.create({ name: 'North and south', scope: 'platform', sources, valid_days: 365 })
  const { key } = await staff.keys.create({ name: 'Old cluster', scope: 'platform', sources: ['slurm-old'] })
  await staff.keys.revoke({ key_id: key.key_id })
}

/** A payment comes that does not fit its order. */
async function payWrongly(customer: Client, staff: Client, sandbox: string): Promise<void> {
  await post(sandbox, '/control/misbehave', { name: 'wrong_amount', channel: 'alipay', minor: -100, times: 1 })
  const { order_id: order } = await customer.topUps.create({ amount: '100', channel: 'alipay' })
  await post(sandbox, '/control/pay', { channel: 'alipay', order })
  await eventually('staff see it', async () => (await staff.disputes.list({ state: 'open' })).data.length > 0)
}

async function signUpSupport(address: string, staff: Client): Promise<string> {
  await signUp(address, SUPPORT)
  const [user] = (await staff.users.find({ search: SUPPORT.email })).data
  await staff.users.setStaffRole({ user_id: user!.user_id, staff_role: 'support' })
  return signIn(address, SUPPORT.email, PASSWORD)
}

async function signUp(address: string, who: typeof NEWCOMER): Promise<string> {
  const password = PASSWORD
  await post(address, '/v1/sign-up', { ...who, password })
  let token: string | undefined
  await eventually('the mail waits in the outbox', async () => {
    const list = await (await fetch(`${address}/outbox`)).text()
    const path = new RegExp(`href="(/outbox/[^"]+)">[^<]*</a></td><td>${who.email}`).exec(list)?.[1]
    const mail = path === undefined ? '' : await (await fetch(address + path)).text()
    token = /#(corehour_link_[0-9a-f]+)/.exec(mail)?.[1]
    return token !== undefined
  })
  return cookieOf(await post(address, '/v1/confirmations', { token, password }))
}

async function openView(address: string, cookie: string, accountId: string): Promise<string> {
  const body = { reason: 'Asked why the balance fell on Monday' }
  const view = await post(address, `/v1/accounts/${accountId}/views`, body, {
    cookie: `corehour=${cookie}`,
    'idempotency-key': 'view',
  })
  return ((await view.json()) as { view_id: string }).view_id
}

async function signIn(address: string, email: string, password: string): Promise<string> {
  return cookieOf(await post(address, '/v1/sessions', { email, password }))
}

function cookieOf(response: Response): string {
  return response.headers.getSetCookie()[0]!.split(';')[0]!.split('=')[1]!
}

async function post(address: string, path: string, body: object, headers: object = {}): Promise<Response> {
  const response = await fetch(address + path, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      origin: address,
      'sec-fetch-site': 'same-origin',
      'x-corehour-client': 'console',
      ...headers,
    },
    body: JSON.stringify(body),
  })
  if (!response.ok) throw new Error(`${response.status} of ${path}: ${await response.text()}`)
  return response
}
