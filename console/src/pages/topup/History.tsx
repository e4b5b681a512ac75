import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { askTopUpOrders } from '../../books/asks.ts'
import { useClient } from '../../books/useBooks.ts'
import { LEADS } from '../../parts/leads.ts'
import { More } from '../../parts/More.tsx'
import { Money } from '../../parts/Money.tsx'
import { Sheet } from '../../parts/Sheet.tsx'
import { Empty, Failure } from '../../parts/States.tsx'
import { Table } from '../../parts/Table.tsx'
import { When } from '../../parts/When.tsx'
import { useLanguage } from '../../words/index.tsx'

/** Orders of before; each leads to its receipt. */
export function History({ accountId }: { accountId: string | null | undefined }) {
  const { words } = useLanguage()
  const orders = useInfiniteQuery({ ...askTopUpOrders(useClient(), accountId), enabled: !!accountId })
  const rows = orders.data?.pages.flatMap(({ data }) => data) ?? []
  const text = words.topUp
  return (
    <Sheet title={text.history} flush={rows.length > 0}>
      {orders.error && !orders.data && <Failure error={orders.error} retry={() => void orders.refetch()} />}
      {orders.data && rows.length === 0 && <Empty title={text.noHistory} hint={text.noHistoryHint} />}
      {rows.length > 0 && (
        <Table
          label={text.history}
          rows={rows}
          keyOf={({ order_id }) => order_id}
          columns={[
            {
              title: words.expenses.when,
              cell: ({ order_id, created_at }) => (
                <Link to="/top-up/$order" params={{ order: order_id }} className={LEADS}>
                  <When at={created_at} />
                </Link>
              ),
            },
            { title: text.channel, wide: true, cell: ({ channel }) => text.channels[channel] },
            { title: text.state, cell: ({ state }) => <State of={state} /> },
            { title: words.expenses.amount, right: true, cell: ({ amount }) => <Money of={amount} /> },
          ]}
        />
      )}
      <More of={orders} />
    </Sheet>
  )
}

const TONES: Record<string, string> = {
  paid: 'bg-pine-wash text-pine',
  awaiting: 'bg-amber-wash text-amber',
  opening: 'bg-amber-wash text-amber',
  disputed: 'bg-owed-wash text-owed',
}

export function State({ of }: { of: 'opening' | 'awaiting' | 'paid' | 'expired' | 'closed' | 'disputed' }) {
  const { topUp } = useLanguage().words
  return (
    <span
      className={`rounded-full px-2.5 py-0.5 text-tiny font-medium whitespace-nowrap ${TONES[of] ?? 'bg-wash text-soft'}`}
    >
      {topUp.states[of]}
    </span>
  )
}
