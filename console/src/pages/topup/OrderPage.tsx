import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useEffect } from 'react'
import { showCountdown, showInstant } from '../../books/time.ts'
import { useAccount, useClient, useMe } from '../../books/useBooks.ts'
import { useNow } from '../../books/useNow.ts'
import { Button, ButtonLink } from '../../parts/Button.tsx'
import { Money } from '../../parts/Money.tsx'
import { PageFailure } from '../../parts/NotFound.tsx'
import { QrCode } from '../../parts/QrCode.tsx'
import { PageHead, Sheet } from '../../parts/Sheet.tsx'
import { Failure, Waiting } from '../../parts/States.tsx'
import { useLanguage } from '../../words/index.tsx'
import { State } from './History.tsx'

const route = getRouteApi('/top-up/$order')
type Order = Awaited<ReturnType<ReturnType<typeof useClient>['topUps']['get']>>

/** One order: how it is paid while it waits, and its receipt when it is over. */
export function OrderPage() {
  const { words } = useLanguage()
  const { order: orderId } = route.useParams()
  const order = useOrder(orderId)
  if (order.error && !order.data) return <PageFailure error={order.error} retry={() => void order.refetch()} />
  return (
    <>
      <PageHead
        title={words.topUp.order}
        actions={<ButtonLink to="/top-up">{words.topUp.another}</ButtonLink>}
        {...(order.data && { lead: <State of={order.data.state} /> })}
      />
      {!order.data && <Waiting className="h-96" />}
      {order.data && (isOver(order.data) ? <Receipt order={order.data} /> : <Paying order={order.data} />)}
    </>
  )
}

/** The order as it stands, followed by the server's own stream; every five seconds it is looked at beside, where streams don't pass. */
function useOrder(orderId: string) {
  const client = useClient()
  const queries = useQueryClient()
  const query = useQuery({
    queryKey: ['top-up-order', orderId],
    queryFn: () => client.topUps.get({ order_id: orderId }),
    refetchInterval: ({ state }) => (state.data && isOver(state.data) ? false : 5000),
  })
  const over = query.data !== undefined && isOver(query.data)
  useEffect(() => {
    if (over) return
    const ended = new AbortController()
    const follow = async () => {
      for await (const order of client.topUps.events({ order_id: orderId }, { signal: ended.signal }))
        queries.setQueryData(['top-up-order', orderId], order)
    }
    // What breaks here is found by looking.
    follow().catch(() => {})
    return () => ended.abort()
  }, [client, queries, orderId, over])
  useEffect(() => {
    if (over) void queries.invalidateQueries({ queryKey: ['account'] })
  }, [queries, over])
  return query
}

function isOver({ state }: Order): boolean {
  return state !== 'opening' && state !== 'awaiting'
}

function Paying({ order }: { order: Order }) {
  const { words } = useLanguage()
  const client = useClient()
  const queries = useQueryClient()
  const text = words.topUp
  const left = useSecondsUntil(order.expires_at)
  const isOpen = left === undefined || left > 0
  const cancel = useMutation({
    mutationFn: () => client.topUps.cancel({ order_id: order.order_id }),
    onSuccess: (closed) => queries.setQueryData(['top-up-order', order.order_id], closed),
  })
  return (
    <Sheet className="mx-auto max-w-md text-center">
      <p className="text-small text-soft">{text.channels[order.channel]}</p>
      <p className="mt-1 text-title">
        <Money of={order.amount} size="strong" />
      </p>
      {order.exchange && (
        <p className="figures mt-1 text-small text-soft">
          {text.charged(order.charged.amount, order.charged.currency)}
        </p>
      )}
      <div className="mt-6 grid min-h-64 place-items-center" aria-live="polite">
        {!isOpen && <p className="text-soft">{text.timeOver}</p>}
        {isOpen && order.qr !== null && <QrCode text={order.qr} label={text.qr} />}
        {isOpen && order.approve_url !== null && (
          <a
            href={order.approve_url}
            className="inline-flex min-h-11 items-center rounded-field bg-pine px-6 font-medium text-on-pine hover:bg-pine-strong"
          >
            {text.toPaypal}
          </a>
        )}
        {order.state === 'opening' && <p className="text-soft">{text.opening}</p>}
      </div>
      <p className="mt-5 min-h-5 text-small text-soft">
        {left !== undefined && left > 0 && (
          <>
            {order.qr === null ? text.waiting : text.scan}{' '}
            <span className="figures font-medium text-ink">{showCountdown(left)}</span>
          </>
        )}
      </p>
      {isOpen && order.qr?.startsWith('http') && (
        <p className="mt-1 text-small">
          <a className="text-pine underline underline-offset-4" href={order.qr} target="_blank" rel="noreferrer">
            {text.open}
          </a>
        </p>
      )}
      {cancel.error && <Failure error={cancel.error} />}
      <Button look="bare" className="mt-4" busy={cancel.isPending} onPress={() => cancel.mutate()}>
        {text.cancel}
      </Button>
    </Sheet>
  )
}

/** By the server's clock, as the account last said it; undefined until then. */
function useSecondsUntil(instant: string): number | undefined {
  const { data: me } = useMe()
  const { data: account } = useAccount(me?.account_id)
  const now = useNow(account?.balance.as_of ?? instant)
  return account && Date.parse(instant) / 1000 - now
}

function Receipt({ order }: { order: Order }) {
  const { language, words } = useLanguage()
  const text = words.topUp
  const rows = [
    [text.order, <span className="font-mono text-tiny">{order.order_id}</span>],
    [text.channel, text.channels[order.channel]],
    [text.ordered, showInstant(order.created_at, language)],
    ...(order.paid_at === null ? [] : [[text.paidAt, showInstant(order.paid_at, language)] as const]),
    [text.amount, <Money of={order.amount} />],
    [text.credited, <Money of={order.credited} size="strong" />],
    ...(order.arrears_paid.grains === '0' ? [] : [[text.arrearsPaid, <Money of={order.arrears_paid} />] as const]),
  ] as const
  return (
    <Sheet className="mx-auto max-w-lg">
      <p role="status" className="mb-4 text-lead font-medium">
        {text.outcome[order.state as keyof typeof text.outcome] ?? text.states[order.state]}
      </p>
      {order.refusal && (
        <p className="mb-4 rounded-field bg-owed-wash px-4 py-2 text-small text-owed">{order.refusal.detail}</p>
      )}
      <dl className="text-small">
        {rows.map(([name, value]) => (
          <div key={name} className="flex justify-between gap-4 border-b border-line py-2 last:border-0">
            <dt className="text-soft">{name}</dt>
            <dd className="text-right">{value}</dd>
          </div>
        ))}
      </dl>
      <div className="no-print mt-5 flex gap-2">
        {order.state === 'expired' || order.state === 'closed' ? (
          <ButtonLink look="main" to="/top-up" search={{ amount: asTyped(order.amount), channel: order.channel }}>
            {text.again}
          </ButtonLink>
        ) : (
          <ButtonLink look="main" to="/">
            {words.nav.expenses}
          </ButtonLink>
        )}
        {order.state === 'paid' && <Button onPress={() => print()}>{text.print}</Button>}
      </div>
    </Sheet>
  )
}

/** An ordered amount is of whole cents: its further places say nothing. */
function asTyped({ amount }: Order['amount']): string {
  return amount.slice(0, amount.indexOf('.') + 3)
}
