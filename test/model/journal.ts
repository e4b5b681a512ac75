import assert from 'node:assert/strict'
import { query, snapshot, SYSTEM, type App, type Page, type PageRequest, type Tx } from '../../src/base/index.ts'
import { deductions, findPosting, postings, type Posting } from '../../src/ledger/index.ts'

/** Holds every way in which an account's journal is read against its rows. Answers them, newest first. */
export async function assertJournal(app: App, accountId: string, where: string): Promise<Posting[]> {
  const all = await query<Posting>(
    app.database.pool,
    {
      text: `select seq, source, source_id as "sourceId", debit, credit, amount, used_from as "usedFrom", used_to as "usedTo", at,
        recorded_at as "recordedAt" from posting where account_id = $1 order by seq desc`,
    },
    [accountId],
  )
  for (const limit of [1, 3, 20])
    assert.deepEqual(
      await readAll(app, limit, (tx, page) => postings(tx, accountId, page)),
      all,
      `by ${limit}, ${where}`,
    )
  for (const posting of all)
    assert.deepEqual(await snapshot(app, SYSTEM, (tx) => findPosting(tx, accountId, posting.seq)), posting, where)
  const deducted = all.filter(({ source }) => source === 'use' || source === 'late')
  const bounds = deducted.filter((_, n) => n % 5 === 0)
  for (const { usedFrom: from } of bounds)
    for (const { usedTo: to } of bounds) {
      if (Temporal.Instant.compare(from!, to!) >= 0) continue
      const isOf = ({ usedFrom, usedTo }: Posting) =>
        Temporal.Instant.compare(usedFrom!, to!) < 0 && Temporal.Instant.compare(usedTo!, from!) > 0
      const used = { from: from!, to: to! }
      const read = await readAll(app, 4, (tx, page) => deductions(tx, accountId, used, page))
      assert.deepEqual(read, deducted.filter(isOf), `of ${from} to ${to}, ${where}`)
    }
  return all
}

async function readAll(
  app: App,
  limit: number,
  readPage: (tx: Tx, page: PageRequest) => Promise<Page<Posting>>,
): Promise<Posting[]> {
  const found: Posting[] = []
  for (let cursor: string | undefined, more = true; more;) {
    const page = await snapshot(app, SYSTEM, (tx) => readPage(tx, { limit, ...(cursor !== undefined && { cursor }) }))
    found.push(...page.data)
    cursor = page.nextCursor
    more = cursor !== undefined
  }
  return found
}
