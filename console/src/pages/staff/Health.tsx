import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { showDuration, showInstant, ZONE } from '../../books/time.ts'
import { useClient } from '../../books/useBooks.ts'
import { LEADS } from '../../parts/leads.ts'
import { Money } from '../../parts/Money.tsx'
import { PageHead, Sheet } from '../../parts/Sheet.tsx'
import { Empty, Failure, Waiting } from '../../parts/States.tsx'
import { Table } from '../../parts/Table.tsx'
import { When } from '../../parts/When.tsx'
import { useLanguage } from '../../words/index.tsx'
import { useStaffWords } from '../../words/staff.ts'

type Health = Awaited<ReturnType<ReturnType<typeof useClient>['health']['get']>>
type QueueName = keyof Health['queues']
const LOOK_MS = 10_000

/** What is wrong and what to do about it, then the figures behind. */
export function Health() {
  const { language, words } = useLanguage()
  const client = useClient()
  const health = useQuery({
    queryKey: ['health'],
    queryFn: ({ signal }) => client.health.get({}, { signal }),
    refetchInterval: LOOK_MS,
  })
  const text = useStaffWords()
  return (
    <>
      <PageHead title={text.health} lead={text.healthLead} />
      {!health.data && !health.error && <Waiting className="h-96" />}
      <div className="grid gap-6 *:min-w-0">
        {health.error && <Failure error={health.error} retry={() => void health.refetch()} />}
        {health.data && (
          <>
            <Troubles of={health.data.troubles} />
            <Books of={health.data} />
            <Queues of={health.data} />
            {health.data.parked.length > 0 && <Parked of={health.data.parked} />}
            <Workers of={health.data.workers} />
            <Database of={health.data} />
            <p className="text-tiny text-soft">
              {words.common.asOf(showInstant(health.data.as_of, language))} · {words.common.zone(ZONE)}
            </p>
          </>
        )}
      </div>
    </>
  )
}

function Troubles({ of }: { of: Health['troubles'] }) {
  const { language } = useLanguage()
  const text = useStaffWords()
  if (of.length === 0)
    return (
      <Sheet>
        <p role="status" className="flex items-center gap-2.5 font-medium text-pine">
          <Dot className="bg-pine" />
          {text.allWell}
        </p>
        <p className="mt-1 text-small text-soft">{text.allWellHint}</p>
      </Sheet>
    )
  return (
    <Sheet title={text.toDo} hint={text.toDoHint} flush>
      <ul>
        {of.map(({ code, urgent, count, since }) => {
          const { says, todo } = text.troubles[code]
          return (
            <li key={code} className="flex gap-4 border-t border-line px-5 py-4 sm:px-6">
              <span
                className={`mt-0.5 h-6 w-14 shrink-0 rounded-full text-center text-tiny leading-6 font-medium ${
                  urgent ? 'bg-owed-wash text-owed' : 'bg-amber-wash text-amber'
                }`}
              >
                {urgent ? text.urgent : text.notUrgent}
              </span>
              <div className="min-w-0">
                <p className="font-medium">
                  {says(count)}{' '}
                  {since !== null && (
                    <span className="figures text-small font-normal text-soft">
                      {text.sinceThen(showInstant(since, language))}
                    </span>
                  )}
                </p>
                <p className="mt-0.5 max-w-prose text-small text-soft">
                  {todo}{' '}
                  {code === 'disputes' && (
                    <Link to="/staff/disputes" className={`text-ink ${LEADS}`}>
                      {text.seeDisputes}
                    </Link>
                  )}
                </p>
              </div>
            </li>
          )
        })}
      </ul>
    </Sheet>
  )
}

function Books({ of: { deduction, attribution, orders_open } }: { of: Health }) {
  const { language } = useLanguage()
  const text = useStaffWords()
  const late = (seconds: number) => (seconds === 0 ? text.inTime : showDuration(seconds, language))
  return (
    <Sheet title={text.books}>
      <dl className="grid grid-cols-2 gap-x-6 gap-y-5 text-small sm:grid-cols-3">
        <Fact name={text.deductionLag}>{late(deduction.lag)}</Fact>
        <Fact name={text.attributionLag}>{late(attribution.lag)}</Fact>
        <Fact name={text.onNoBill}>
          {attribution.unattributed.length === 0 && '–'}
          {attribution.unattributed.map((each) => (
            <span key={each.currency} className="block">
              <Money of={each} size="strong" />
            </span>
          ))}
        </Fact>
        <Fact name={text.walletsRunning}>{deduction.running}</Fact>
        <Fact name={text.walletsInArrears}>{deduction.in_arrears}</Fact>
        <Fact name={text.ordersOpen}>{orders_open}</Fact>
      </dl>
    </Sheet>
  )
}

function Queues({ of: { queues, exports_running, mail } }: { of: Health }) {
  const text = useStaffWords()
  const rows = [
    ...Object.entries(queues).map(([name, queue]) => ({ name: text.queues[name as QueueName], ...queue })),
    { name: text.exportsRunning, waiting: exports_running, since: null },
    { name: text.mailsFailed, waiting: mail.failed, since: null },
  ]
  return (
    <Sheet title={text.queuesTitle} flush>
      <Table
        label={text.queuesTitle}
        rows={rows}
        keyOf={({ name }) => name}
        columns={[
          { title: text.queue, cell: ({ name }) => name },
          {
            title: text.oldest,
            cell: ({ since }) => (since === null ? <span className="text-soft">–</span> : <When at={since} />),
          },
          {
            title: text.waiting,
            right: true,
            cell: ({ waiting }) => (
              <span className={`figures ${waiting === 0 ? 'text-soft' : 'font-medium'}`}>{waiting}</span>
            ),
          },
        ]}
      />
    </Sheet>
  )
}

function Parked({ of }: { of: Health['parked'] }) {
  const text = useStaffWords()
  return (
    <Sheet title={text.parkedTitle} flush>
      <Table
        label={text.parkedTitle}
        rows={of}
        keyOf={({ code }) => code}
        columns={[
          { title: text.parkedWhy, cell: ({ code }) => <span className="font-mono text-tiny">{code}</span> },
          { title: text.events, right: true, cell: ({ events }) => <span className="figures">{events}</span> },
        ]}
      />
    </Sheet>
  )
}

function Workers({ of }: { of: Health['workers'] }) {
  const text = useStaffWords()
  return (
    <Sheet title={text.workers} hint={text.workersHint} flush>
      {of.length === 0 ? (
        <Empty title={text.noWorkers} />
      ) : (
        <Table
          label={text.workers}
          rows={of}
          keyOf={({ worker_id }) => worker_id}
          columns={[
            {
              title: text.process,
              cell: ({ host, pid, silent }) => (
                <>
                  <span className="font-mono text-tiny break-all">
                    {host}:{pid}
                  </span>
                  {silent && <span className="ml-2 text-owed">{text.silent}</span>}
                </>
              ),
            },
            { title: text.version, wide: true, cell: ({ version }) => <span className="figures">{version}</span> },
            { title: text.started, wide: true, cell: ({ started_at }) => <When at={started_at} /> },
            { title: text.lastBeat, right: true, cell: ({ beat_at }) => <When at={beat_at} /> },
          ]}
        />
      )}
    </Sheet>
  )
}

function Database({ of: { database } }: { of: Health }) {
  const { language } = useLanguage()
  const text = useStaffWords()
  const megabytes = new Intl.NumberFormat(language, { style: 'unit', unit: 'megabyte', maximumFractionDigits: 1 })
  return (
    <Sheet title={text.database}>
      <dl className="grid grid-cols-2 gap-x-6 gap-y-5 text-small sm:grid-cols-3">
        <Fact name="PostgreSQL">{database.version}</Fact>
        <Fact name={text.databaseSize}>{megabytes.format(database.bytes / 1e6)}</Fact>
        <Fact name={text.connections}>{text.connectionsOf(database.connections, database.most_connections)}</Fact>
      </dl>
    </Sheet>
  )
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt className="text-soft">{name}</dt>
      <dd className="figures mt-0.5 font-semibold">{children}</dd>
    </div>
  )
}

function Dot({ className }: { className: string }) {
  return <span aria-hidden className={`size-2.5 rounded-full ${className}`} />
}
