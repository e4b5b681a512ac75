import { getRouteApi, Link } from '@tanstack/react-router'
import { useState, type ReactNode } from 'react'
import { dayAfter, showDay, ZONE } from '../../books/time.ts'
import { nameSku } from '../../books/sku.ts'
import { useBillLines, useMe, useTotals, type BillFilter, type BillLine } from '../../books/useBooks.ts'
import { LOOKS_ONLY } from '../../books/view.ts'
import { Button } from '../../parts/Button.tsx'
import { Amount } from '../../parts/Figure.tsx'
import { More } from '../../parts/More.tsx'
import { LEADS } from '../../parts/leads.ts'
import { Money } from '../../parts/Money.tsx'
import { Name } from '../../parts/Name.tsx'
import { Segments } from '../../parts/Segments.tsx'
import { PageHead, Sheet } from '../../parts/Sheet.tsx'
import { Empty, Failure, Waiting } from '../../parts/States.tsx'
import { Table } from '../../parts/Table.tsx'
import { useLanguage } from '../../words/index.tsx'
import { useNames } from '../expenses/useNames.ts'
import type { BillChoice } from './choice.ts'
import { Download } from './Download.tsx'
import { Filters } from './Filters.tsx'

const route = getRouteApi('/bill')

/** Bill lines by day, project, user and SKU, with totals that equal them; filters live in the address. */
export function Bill() {
  const { words } = useLanguage()
  const choice = route.useSearch()
  const navigate = route.useNavigate()
  const me = useMe()
  const filter = filterOf(choice)
  const enabled = me.data != null
  const total = useTotals(filter, 'none', enabled)
  const lines = useBillLines(filter, enabled)
  const rows = lines.data?.pages.flatMap(({ data }) => data)
  const text = words.bill
  const isFiltered = Object.keys(choice).some((name) => name !== 'view')
  const error = me.error ?? lines.error ?? total.error
  return (
    <>
      <PageHead title={text.title} lead={text.through} actions={!LOOKS_ONLY && <Download filter={filter} />} />
      <div className="grid gap-5 *:min-w-0">
        <div className="no-print flex flex-wrap items-center justify-between gap-3">
          <Segments
            label={text.title}
            value={choice.view ?? 'created'}
            options={[
              { value: 'created', text: text.created },
              { value: 'joined', text: text.joined },
            ]}
            onChange={(view) => void navigate({ search: ({ from, through }) => ({ view, from, through }) })}
          />
          {Object.keys(choice).length > 0 && (
            <Button look="bare" onPress={() => void navigate({ search: {} })}>
              {text.reset}
            </Button>
          )}
        </div>
        <Filters choice={choice} filter={filter} />
        {error && !(rows && total.data) && <Failure error={error} retry={() => void lines.refetch()} />}
        {!(rows && total.data) && !error && <Waiting className="h-[32rem]" />}
        {rows?.length === 0 && (
          <Sheet flush>
            {isFiltered ? (
              <Empty title={text.empty} hint={text.emptyHint} />
            ) : (
              <Empty title={text.nothing} hint={text.nothingHint} />
            )}
          </Sheet>
        )}
        {rows && rows.length > 0 && total.data && (
          <Lines rows={rows} total={total.data.data[0]}>
            <More of={lines} />
            <p className="mt-1 text-tiny text-soft">
              {text.adds} {words.common.zone(ZONE)}
            </p>
          </Lines>
        )}
      </div>
    </>
  )
}

/** Who paid for an amount; the three are all of it. */
const PAID = ['cash', 'granted', 'unpaid'] as const

type Total = {
  amount: BillLine['amount']
  cash: BillLine['cash']
  granted: BillLine['granted']
  unpaid: BillLine['unpaid']
}

function Lines(props: { rows: BillLine[]; total: Total | undefined; children: ReactNode }) {
  const { rows, total, children } = props
  const { language, words } = useLanguage()
  const { names: projects, settled: projectsSettled } = useNames('project', [
    ...new Set(rows.map(({ project_id }) => project_id)),
  ])
  const { names: users, settled: usersSettled } = useNames('user', [...new Set(rows.map(({ user_id }) => user_id))])
  const text = words.bill
  const [shown, setShown] = useState(false)
  // A name or a sum that came later would move every column. Once there, the table stays.
  const ready = projectsSettled && usersSettled
  if (ready && !shown) setShown(true)
  if (!ready && !shown) return <Waiting className="h-[32rem]" />
  const money = (part: keyof Total) => ({
    right: true,
    cell: (row: BillLine) =>
      row[part].grains === '0' ? <span className="mr-[5ch] text-soft">–</span> : <Money of={row[part]} align />,
    foot: total && <Money of={total[part]} align />,
  })
  return (
    <>
      <Sheet flush>
        {total && <Sums of={total} />}
        <Table
          label={text.title}
          rows={rows}
          keyOf={({ line_id }) => line_id}
          columns={[
            {
              title: text.day,
              cell: ({ day, line_id }) => (
                <Link to="/bill/$line" params={{ line: line_id }} className={`figures whitespace-nowrap ${LEADS}`}>
                  <span className="max-lg:hidden">{showDay(day, language, 'long')}</span>
                  <span className="lg:hidden">{showDay(day, language)}</span>
                </Link>
              ),
              foot: words.common.total,
            },
            {
              title: text.project,
              cell: ({ project_id, user_id, sku }) => (
                <>
                  <Called name={projects.get(project_id)} id={project_id} />
                  {/* Where there is no room for their columns, lines of a day are still told apart. */}
                  <span className="block text-tiny wrap-anywhere text-soft sm:hidden">
                    <bdi>{users.get(user_id) ?? shortId(user_id)}</bdi> · {nameSku(sku)}
                  </span>
                </>
              ),
            },
            { title: text.user, wide: true, cell: ({ user_id }) => <Called name={users.get(user_id)} id={user_id} /> },
            {
              title: text.sku,
              wide: true,
              cell: ({ kind, sku }) => (
                <>
                  {nameSku(sku)} <span className="text-soft">{words.kinds[kind]}</span>
                </>
              ),
            },
            { title: text.amount, ...money('amount') },
            ...PAID.map((part) => ({ title: text[part], widest: true, ...money(part) })),
          ]}
        />
      </Sheet>
      {children}
    </>
  )
}

/** What all lines of a choice come to, before the first of them: there may be a million. */
function Sums({ of }: { of: Total }) {
  const { bill: text, common } = useLanguage().words
  const parts = PAID.filter((part) => of[part].grains !== '0')
  return (
    <dl className="flex flex-wrap gap-x-10 gap-y-4 border-b border-line px-5 py-4 text-small sm:px-6">
      <Amount name={common.total} of={of.amount} />
      {parts.map((part) => (
        <Amount key={part} name={text[part]} of={of[part]} />
      ))}
    </dl>
  )
}

function Called({ name, id }: { name: string | undefined; id: string }) {
  if (name !== undefined) return <Name of={name} />
  return (
    <span className="font-mono text-tiny text-soft" title={id}>
      {shortId(id)}
    </span>
  )
}

function shortId(id: string): string {
  return `${id.slice(0, 9)}…${id.slice(-4)}`
}

/** What of the bill an address chooses: its last day is with it, where the API's is not. */
function filterOf({ view = 'created', from, through, kind, project, user, sku }: BillChoice): BillFilter {
  return {
    view,
    from,
    to: through && dayAfter(through, 1),
    kind: kind && [kind],
    project_id: project === undefined ? undefined : [project],
    user_id: user === undefined ? undefined : [user],
    sku: sku === undefined ? undefined : [sku],
  }
}
