import { useQuery } from '@tanstack/react-query'
import { useClient } from '../../books/useBooks.ts'
import { Money } from '../../parts/Money.tsx'
import { Sheet } from '../../parts/Sheet.tsx'
import { Empty, Failure, Waiting } from '../../parts/States.tsx'
import { Table } from '../../parts/Table.tsx'
import { When } from '../../parts/When.tsx'
import { useLanguage } from '../../words/index.tsx'

/** Payments and cards, in the order in which they are spent, with what is left of each and until when. */
export function Lots({ accountId }: { accountId: string }) {
  const { words } = useLanguage()
  const client = useClient()
  const lots = useQuery({
    queryKey: ['lots', accountId],
    queryFn: () => client.accounts.lots({ account_id: accountId }),
  })
  const text = words.expenses
  if (lots.error && !lots.data) return <Failure error={lots.error} retry={() => void lots.refetch()} />
  if (!lots.data) return <Waiting className="h-40" />
  return (
    <Sheet title={text.lots} flush>
      {lots.data.data.length === 0 ? (
        <Empty title={text.noLots} hint={text.noLotsHint} />
      ) : (
        <Table
          label={text.lots}
          rows={lots.data.data}
          keyOf={({ lot_id }) => lot_id}
          columns={[
            {
              title: text.lot,
              cell: ({ kind }) => <span className="break-keep sm:whitespace-nowrap">{text.lotKinds[kind]}</span>,
            },
            {
              title: text.expires,
              cell: ({ expires_at }) =>
                expires_at === null ? <span className="text-soft">{text.forGood}</span> : <When at={expires_at} />,
            },
            { title: text.amount, right: true, wide: true, cell: ({ amount }) => <Money of={amount} /> },
            { title: text.left, right: true, cell: ({ remaining }) => <Money of={remaining} /> },
          ]}
        />
      )}
    </Sheet>
  )
}
