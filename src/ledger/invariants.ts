import { LOOKED_AT, type Invariant } from './invariant.ts'

// Which ledger accounts each source moves money between: debit > credit.
const MOVES = `
  values ('use', 'unattributed > revenue'), ('late', 'unattributed > revenue'), ('late', 'revenue > unattributed'),
    ('charge', 'unattributed > revenue'), ('draw', 'lot > unattributed'), ('draw', 'arrears > unattributed'),
    ('undraw', 'unattributed > lot'), ('undraw', 'unattributed > arrears'), ('repay', 'lot > arrears'),
    ('expiry', 'lot > promotion'), ('credit', 'gateway > lot'), ('credit', 'promotion > lot')`

/** What the journal promises by itself; every room holds its own rows against it. */
export const ledgerInvariants: readonly Invariant[] = [
  {
    name: 'posting_balanced',
    meaning:
      'Every posting moves an amount above zero from one ledger account to another, and only between those its source may move it.',
    sql: `
      select bucket, account_id, seq, source, debit, credit, amount
      from posting
      where ${LOOKED_AT} and (
        amount <= 0 or debit = credit
        or (source, split_part(debit, ':', 1) || ' > ' || split_part(credit, ':', 1)) not in (${MOVES})
      )`,
  },
  {
    name: 'posting_seq_gapless',
    meaning: 'The postings of an account are numbered 1, 2, 3 and so on, without a gap or a number used twice.',
    sql: `
      select bucket, account_id, count(*) as postings, count(distinct seq) as numbers, min(seq) as first, max(seq) as last
      from posting
      where ${LOOKED_AT}
      group by bucket, account_id
      having min(seq) <> 1 or max(seq) <> count(*) or count(distinct seq) <> count(*)`,
  },
]
