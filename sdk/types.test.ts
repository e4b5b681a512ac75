// Held by the compiler (npm run check): what is wrong does not compile, and what is right does.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createClient, type Client } from './index.ts'

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
function same<A, B>(_: Same<A, B>): void {}

export async function inputs(client: Client): Promise<void> {
  const credit = { account_id: 'acct_1', amount: '5', channel: 'transfer', payment_id: 'p' }
  await client.accounts.credit(credit, { idempotencyKey: 'k' })
  await client.accounts.credit({ ...credit, note: undefined })
  // @ts-expect-error payment_id is missing
  await client.accounts.credit({ account_id: 'acct_1', amount: '5', channel: 'transfer' })
  // @ts-expect-error there is no such field
  await client.accounts.credit({ ...credit, payment: 'p' })
  // @ts-expect-error money is text
  await client.accounts.credit({ ...credit, amount: 5 })
  // @ts-expect-error nothing at all
  await client.accounts.credit()
  await client.me.get()
  // @ts-expect-error it takes nothing
  await client.me.get({ account_id: 'acct_1' })
  // @ts-expect-error a read has no idempotency key
  await client.accounts.list({}, { idempotencyKey: 'k' })
  // @ts-expect-error not a grouping
  await client.bills.totals({ group_by: 'week' })
  await client.bills.totals({ group_by: 'month', kind: ['job'] })
  // @ts-expect-error events are a field of their own
  await client.usage.send([])
  // @ts-expect-error not a type of event
  await client.usage.send({ events: { ...EVENT, type: 'corehour.usage.paused' } })
  await client.usage.send({ events: EVENT })
  // @ts-expect-error there is no such verb
  await client.accounts.debit({ account_id: 'acct_1' })
  // @ts-expect-error not a list
  client.accounts.get.each({ account_id: 'acct_1' })
  // @ts-expect-error the account is missing in the pages too
  client.accounts.postings.each({ limit: 5 })
  // @ts-expect-error not a language
  createClient({ url: '', language: 'fr' })
}

export async function answers(client: Client): Promise<void> {
  const { balance, blocked } = await client.accounts.get({ account_id: 'acct_1' })
  same<typeof balance.settled.grains, string>(true)
  same<typeof balance.runs_out_at, string | null>(true)
  same<typeof blocked, { at: string; reason: string } | null>(true)
  for await (const posting of client.accounts.postings.each({ account_id: 'acct_1' }))
    same<typeof posting.seq, number>(true)
  for await (const page of client.keys.list.pages()) same<typeof page.has_more, boolean>(true)
  const admission = await client.admissions.ask({ ...JOB, hold: 'none' })
  if (admission.decision === 'allowed') same<typeof admission.admission, string | null>(true)
  else same<typeof admission.message, string>(true)
  // @ts-expect-error only an allowed one has an admission
  void admission.admission
  same<(typeof admission)['decision'], 'allowed' | 'refused'>(true)
  const { role } = await client.projects.setRole({ project_id: 'proj_1', user_id: 'user_1', role: 'admin' })
  same<typeof role, 'creator' | 'admin' | 'member'>(true)
}

const JOB = { project: 'proj_1', user: 'user_1', kind: 'job', sku: 'queue:cpu', quantity: { cpu: '4' } } as const
const EVENT = {
  specversion: '1.0',
  source: 'lab',
  id: 'e1',
  type: 'corehour.usage.started',
  subject: 'job-1',
  time: '2026-01-01T00:00:00Z',
  data: JOB,
} as const

test('the types above compile', () => assert.equal(typeof inputs, typeof answers))
