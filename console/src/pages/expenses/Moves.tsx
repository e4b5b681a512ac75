import { Link } from '@tanstack/react-router'
import { useDeferredValue } from 'react'
import { showStretch } from '../../books/time.ts'
import { usePostings } from '../../books/useBooks.ts'
import { LEADS } from '../../parts/leads.ts'
import { Sheet } from '../../parts/Sheet.tsx'
import { Empty, Failure, Waiting } from '../../parts/States.tsx'
import { Table } from '../../parts/Table.tsx'
import { When } from '../../parts/When.tsx'
import { useLanguage } from '../../words/index.tsx'
import { Moved } from './Moved.tsx'

/** What moved the balance. Attribution only says which money paid, so it is not among them. */
const SHOWN = new Set(['use', 'late', 'charge', 'credit', 'expiry'])
const ROWS = 8

/** The last deductions and money in. Each deduction leads to what it is made of. */
export function Moves({ accountId, own = false }: { accountId: string; own?: boolean }) {
  const { language, words } = useLanguage()
  // One deduction in twelve is attributed in the same hour, over as many postings as keys: a hundred rows hold eight that count.
  const { data: read, error, refetch } = usePostings(accountId, 100)
  const data = useDeferredValue(read)
  const rows = data?.data.filter(({ source }) => SHOWN.has(source)).slice(0, ROWS)
  const text = words.expenses
  const leadTo = (seq: string) =>
    own
      ? ({ to: '/postings/$seq', params: { seq } } as const)
      : ({ to: '/staff/accounts/$account/postings/$seq', params: { account: accountId, seq } } as const)
  return (
    <Sheet title={text.moves} flush={rows !== undefined && rows.length > 0}>
      {error && !data && <Failure error={error} retry={() => void refetch()} />}
      {!error && !rows && <Waiting className="h-72" />}
      {rows?.length === 0 && <Empty title={text.noMoves} hint={text.noMovesHint} />}
      {rows && rows.length > 0 && (
        <Table
          label={text.moves}
          keyOf={({ seq }) => String(seq)}
          rows={rows}
          columns={[
            {
              title: text.when,
              cell: ({ at }) => <When at={at} />,
            },
            {
              title: text.what,
              cell: (row) => (
                <>
                  {row.source === 'use' || row.source === 'late' ? (
                    <Link {...leadTo(String(row.seq))} className={LEADS}>
                      {text.sources[row.source]}
                    </Link>
                  ) : (
                    text.sources[row.source]
                  )}
                  {row.used_from !== null && row.used_to !== null && row.used_from !== row.used_to && (
                    <span className="figures ml-2 text-soft max-sm:hidden">
                      {text.of(...showStretch(row.used_from, row.used_to, language))}
                    </span>
                  )}
                </>
              ),
            },
            { title: text.amount, right: true, cell: (row) => <Moved row={row} /> },
          ]}
        />
      )}
    </Sheet>
  )
}
