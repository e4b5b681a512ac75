import assert from 'node:assert/strict'
import { snapshot, SYSTEM, type App } from '../../src/base/index.ts'
import { findAccount } from '../../src/identity/index.ts'
import type { Posting } from '../../src/ledger/index.ts'
import { billLines, explainPosting, findBillLine, lineDetails, paidBy } from '../../src/settlement/index.ts'
import { assertJournal } from './journal.ts'

const PARTS = ['amount', 'cash', 'granted', 'unpaid'] as const
/** Few on a page, so that there are several. */
const PAGE = 2

/** Holds the journal against its rows, every deduction of an account against its explanation, and every bill line against its details and its lots. */
export async function assertExplained(app: App, accountId: string, where = ''): Promise<void> {
  for (const posting of await assertJournal(app, accountId, where)) await assertPosting(app, accountId, posting, where)
  const of = { accountId }
  for (const line of await read(app, async (tx) => (await billLines(tx, { of }, { limit: 1000 })).data)) {
    const lineId = line.lineId
    const sums = { amount: 0n, cash: 0n, granted: 0n, unpaid: 0n }
    const ids = new Set<string>()
    for (let cursor: string | undefined, more = true; more;) {
      const page = await read(app, async (tx) => {
        const found = await findBillLine(tx, [of], lineId)
        assert.deepEqual(found?.line, line, `the line itself, ${where}`)
        return lineDetails(tx, found!, { limit: PAGE, ...(cursor !== undefined && { cursor }) })
      })
      for (const detail of page.data) {
        for (const part of PARTS) sums[part] += detail[part]
        assert.ok(!ids.has(detail.id), `${detail.id} stands on two pages, ${where}`)
        ids.add(detail.id)
        if (detail.type === 'use' && detail.pending === 0n)
          assert.equal(detail.amount, detail.rate! * BigInt(detail.seconds), `rate x seconds, ${where}`)
      }
      cursor = page.nextCursor
      more = cursor !== undefined
    }
    const { amount, cash, granted, unpaid } = line
    assert.deepEqual(sums, { amount, cash, granted, unpaid }, `details of ${lineId} sum to it, ${where}`)
    const lots = { cash: 0n, grant: 0n, nobody: 0n }
    for (const paid of await read(app, (tx) => paidBy(tx, line))) lots[paid.kind ?? 'nobody'] += paid.amount
    assert.deepEqual(lots, { cash, grant: granted, nobody: unpaid }, `lots of ${lineId}, ${where}`)
  }
}

async function assertPosting(app: App, accountId: string, posting: Posting, where: string): Promise<void> {
  const { seq, source, amount, debit, usedFrom, usedTo } = posting
  const explained = await read(app, async (tx) => explainPosting(tx, (await findAccount(tx, accountId))!, seq))
  assert.deepEqual(explained?.posting, posting)
  if (source !== 'use' && source !== 'late') {
    assert.equal(explained?.stretches, null)
    return
  }
  const stretches = explained!.stretches!
  const sum = stretches.reduce((total, each) => total + each.amount, 0n)
  assert.equal(sum, debit === 'unattributed' ? amount : -amount, `${source} ${seq} of ${accountId}, ${where}`)
  for (const { from, to, seconds, rate, amount: part } of stretches) {
    assert.ok(part === rate * BigInt(seconds) || (source === 'late' && part === -rate * BigInt(seconds)))
    assert.ok(Temporal.Instant.compare(to, usedTo!) <= 0, 'nothing after the stretch that the posting is of')
    if (source === 'use') assert.ok(Temporal.Instant.compare(from, usedFrom!) >= 0, 'nothing before it')
  }
}

function read<T>(app: App, work: Parameters<typeof snapshot<T>>[2]): Promise<T> {
  return snapshot(app, SYSTEM, work)
}
