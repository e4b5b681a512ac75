import { useMutation, useQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { useState, type FormEvent } from 'react'
import { askTopUpOptions } from '../../books/asks.ts'
import { useClient, useMe } from '../../books/useBooks.ts'
import { useKey } from '../../books/useKey.ts'
import { Button, ButtonLink } from '../../parts/Button.tsx'
import { Field } from '../../parts/Field.tsx'
import { Money } from '../../parts/Money.tsx'
import { PageHead, Sheet } from '../../parts/Sheet.tsx'
import { Failure, Waiting } from '../../parts/States.tsx'
import { useWords } from '../../words/index.tsx'
import { readAmount, type TopUpChannel } from './amount.ts'
import { Channels } from './Channels.tsx'
import { History } from './History.tsx'
import { Redeem } from './Redeem.tsx'

const route = getRouteApi('/top-up')

/** How money comes in: an amount, a channel, and then the page on which it is paid. */
export function TopUp() {
  const words = useWords()
  const client = useClient()
  const { data: me } = useMe()
  const options = useQuery({ ...askTopUpOptions(client, me?.account_id), enabled: me != null })
  const text = words.topUp
  return (
    <>
      <PageHead title={text.title} lead={text.lead} actions={<ButtonLink to="/">{words.nav.expenses}</ButtonLink>} />
      {options.data?.sandbox && (
        <p role="note" className="mb-6 rounded-field bg-amber-wash px-4 py-2.5 text-small text-amber">
          {text.sandbox}
        </p>
      )}
      <div className="grid items-start gap-6 *:min-w-0 lg:grid-cols-[minmax(0,1fr)_20rem]">
        <div className="grid gap-6 *:min-w-0">
          {options.error && !options.data && <Failure error={options.error} retry={() => void options.refetch()} />}
          {!options.data && !options.error && <Waiting className="h-96" />}
          {options.data && <Order options={options.data} />}
          <History accountId={me?.account_id} />
        </div>
        <div className="grid gap-6 *:min-w-0">
          <Redeem />
          {options.data && <Transfer options={options.data} />}
        </div>
      </div>
    </>
  )
}

type Options = Awaited<ReturnType<ReturnType<typeof useClient>['topUps']['options']>>

function Order({ options }: { options: Options }) {
  const words = useWords()
  const client = useClient()
  const navigate = useNavigate()
  const asked = route.useSearch()
  const [typed, setTyped] = useState(asked.amount ?? '')
  const open = options.channels.map(({ channel }) => channel)
  const [channel, setChannel] = useState(open.find((each) => each === asked.channel) ?? open[0])
  const [tried, setTried] = useState(false)
  const text = words.topUp
  const amount = readAmount(typed)
  const key = useKey(amount, channel)
  const order = useMutation({
    mutationFn: (asked: { amount: string; channel: TopUpChannel }) =>
      client.topUps.create(asked, { idempotencyKey: key }),
    onSuccess: ({ order_id }) => navigate({ to: '/top-up/$order', params: { order: order_id } }),
  })
  const change = (next: { typed?: string; channel?: TopUpChannel }) => {
    if (next.typed !== undefined) setTyped(next.typed)
    if (next.channel) setChannel(next.channel)
    order.reset()
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    setTried(true)
    if (amount !== undefined && channel && !order.isPending) order.mutate({ amount, channel })
  }
  return (
    <Sheet title={text.howMuch}>
      <form onSubmit={submit} noValidate className="grid gap-5">
        <Presets of={options.presets} value={amount} onChange={(preset) => change({ typed: preset })} />
        <Field
          label={text.amount}
          inputMode="decimal"
          autoComplete="transaction-amount"
          value={typed}
          placeholder="200.00"
          onChange={({ target }) => change({ typed: target.value })}
          hint={
            <>
              {text.limit} <Money of={options.least} /> – <Money of={options.most} />
            </>
          }
          error={tried && amount === undefined ? text.badAmount : undefined}
        />
        <Channels channels={options.channels} value={channel} onChange={(next) => change({ channel: next })} />
        {options.arrears && options.arrears.grains !== '0' && (
          <p className="rounded-field bg-owed-wash px-4 py-2.5 text-small">
            <span className="font-medium text-owed">{text.arrearsFirst}</span> <Money of={options.arrears} />
          </p>
        )}
        {order.error && <Failure error={order.error} title={text.refused} />}
        <Button type="submit" look="main" busy={order.isPending} disabled={options.channels.length === 0}>
          {text.pay}
        </Button>
      </form>
    </Sheet>
  )
}

function Presets(props: { of: readonly string[]; value: string | undefined; onChange(preset: string): void }) {
  return (
    <div className="flex flex-wrap gap-2">
      {props.of.map((preset) => (
        <button
          key={preset}
          type="button"
          aria-pressed={props.value === preset}
          onClick={() => props.onChange(preset)}
          className="figures min-h-10 rounded-field border border-line px-4 text-small font-medium hover:border-edge aria-pressed:border-pine aria-pressed:bg-pine-wash"
        >
          ¥{preset}
        </button>
      ))}
    </div>
  )
}

/** Above the limit money comes by bank, with the help of people. */
function Transfer({ options }: { options: Options }) {
  const { topUp: text } = useWords()
  const { email, phone } = options.support
  return (
    <Sheet title={text.transfer}>
      <p className="text-small text-soft">
        {text.transferHint} <Money of={options.most} />
      </p>
      <div className="mt-3 grid gap-1 text-small">
        {email !== null && (
          <p>
            <a className="font-medium text-pine underline underline-offset-4" href={`mailto:${email}`}>
              {email}
            </a>
          </p>
        )}
        {phone !== null && <p className="figures font-medium">{phone}</p>}
        {email === null && phone === null && <p>{text.askOperator}</p>}
      </div>
    </Sheet>
  )
}
