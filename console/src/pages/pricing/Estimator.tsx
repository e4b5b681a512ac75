import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useState } from 'react'
import { showDuration } from '../../books/time.ts'
import { useAccount, useClient, useMe } from '../../books/useBooks.ts'
import { Button } from '../../parts/Button.tsx'
import { Choice, Field } from '../../parts/Field.tsx'
import { Money } from '../../parts/Money.tsx'
import { Sheet } from '../../parts/Sheet.tsx'
import { Failure } from '../../parts/States.tsx'
import { useLanguage } from '../../words/index.tsx'
import { isCount, isDecimal, type Asked } from './asked.ts'
import { nameOf } from './Pricing.tsx'

const route = getRouteApi('/pricing')
const COUNTED = ['cpu', 'gpu', 'gb'] as const

/** What a job of a configuration would cost; the server reckons it as it would charge it. */
export function Estimator({ skus }: { skus: readonly string[] }) {
  const { words } = useLanguage()
  const asked = route.useSearch()
  const navigate = route.useNavigate()
  const text = words.pricing.estimator
  const change = (part: Asked) => void navigate({ search: (old) => ({ ...old, ...part }), replace: true })
  const isQueue = asked.sku?.startsWith('queue:') ?? false
  return (
    <Sheet title={text.title}>
      <div className="grid gap-4">
        <Choice label={text.sku} value={asked.sku ?? ''} onChange={({ target }) => change({ sku: target.value })}>
          <option value="" disabled />
          {skus.map((sku) => (
            <option key={sku} value={sku}>
              {nameOf(sku, words.pricing.anyQueue)}
            </option>
          ))}
        </Choice>
        <div className="grid grid-cols-3 gap-3">
          {isQueue &&
            COUNTED.map((name) => (
              <Counted
                key={name}
                label={text[name]}
                value={asked[name] ?? (name === 'cpu' ? '1' : '0')}
                isSound={isDecimal}
                onChange={(count) => change({ [name]: count })}
              />
            ))}
          <Counted
            label={text.nodes}
            value={String(asked.nodes ?? 1)}
            isSound={isCount}
            onChange={(count) => change({ nodes: Number(count) })}
          />
          <Counted
            label={text.hours}
            value={asked.hours ?? '1'}
            isSound={isDecimal}
            onChange={(count) => change({ hours: count })}
          />
        </div>
        {asked.sku === undefined ? (
          <p className="text-small text-soft">{text.choose}</p>
        ) : (
          <Answer asked={{ ...asked, sku: asked.sku }} isQueue={isQueue} />
        )}
      </div>
    </Sheet>
  )
}

/** A number as it is typed: it goes into the address once it is one, so `2.` on the way to `2.5` stays. */
function Counted(props: {
  label: string
  value: string
  isSound(typed: string): boolean
  onChange(count: string): void
}) {
  const { label, value, isSound, onChange } = props
  const text = useLanguage().words.pricing.estimator
  const [typed, setTyped] = useState(value)
  return (
    <Field
      label={label}
      inputMode="decimal"
      value={typed}
      error={isSound(typed) ? undefined : text.noNumber}
      onChange={({ target }) => {
        const count = target.value.normalize('NFKC').trim()
        setTyped(count)
        if (isSound(count)) onChange(count)
      }}
    />
  )
}

function Answer({ asked, isQueue }: { asked: Asked & { sku: string }; isQueue: boolean }) {
  const { language, words } = useLanguage()
  const client = useClient()
  const { data: me } = useMe()
  const { data: account } = useAccount(me?.account_id)
  const [copied, setCopied] = useState(false)
  const text = words.pricing.estimator
  const sku = asked.sku
  const quantity: Record<string, string> = isQueue
    ? Object.fromEntries(COUNTED.map((name) => [name, asked[name] ?? (name === 'cpu' ? '1' : '0')]))
    : {}
  const seconds = Math.round(Number(asked.hours ?? '1') * 3600)
  const estimate = useQuery({
    queryKey: ['estimate', sku, quantity, seconds, asked.nodes],
    queryFn: () => client.estimates.make({ sku, quantity, seconds, nodes: asked.nodes ?? 1 }),
    placeholderData: keepPreviousData,
  })
  const share = async () => {
    await navigator.clipboard.writeText(location.href)
    setCopied(true)
  }
  if (estimate.error) return <Failure error={estimate.error} retry={() => void estimate.refetch()} />
  if (!estimate.data) return <p className="h-24" />
  const perHour = BigInt(estimate.data.per_hour.grains)
  const left = account && BigInt(account.balance.available.grains)
  return (
    <div className="rounded-field bg-pine-wash px-4 py-4" aria-live="polite">
      <p className="text-small text-soft">{text.total}</p>
      <p className="text-title">
        <Money of={estimate.data.amount} size="strong" />
      </p>
      <p className="mt-1 text-small text-soft">
        <Money of={estimate.data.per_hour} /> {text.perHour}
      </p>
      {left !== undefined && left > 0n && (
        <p className="mt-2 text-small">
          {perHour === 0n ? text.lastsForever : text.lasts(showDuration(Number((left * 3600n) / perHour), language))}
        </p>
      )}
      <Button look="bare" className="mt-2 -ml-4" onPress={() => void share()}>
        {copied ? words.common.copied : text.share}
      </Button>
    </div>
  )
}
