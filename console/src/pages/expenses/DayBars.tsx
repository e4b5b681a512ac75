import { useNavigate } from '@tanstack/react-router'
import { memo, useDeferredValue, useState } from 'react'
import { Waiting } from '../../parts/States.tsx'
import type { Sums } from './Bars.tsx'
import { Chart } from './Chart.tsx'
import { DayTable } from './DayTable.tsx'
import { Legend } from './Legend.tsx'

type Props = {
  sums: Sums
  axis: readonly string[]
  label: string
  /** The days lead to the bill of the reader's own. */
  own?: boolean
}

/**
 * Stacked bars of days over those just before, with a legend whose sums are exact, and the same as a table. Drawn in slices, and once for what
 * comes at once: nothing else on a page takes a phone as long.
 */
export function DayBars(props: Props) {
  const shown = useDeferredValue<Props | undefined>(props, undefined)
  return shown ? <Drawn {...shown} /> : <Waiting className="h-[29rem]" />
}

const Drawn = memo(function Drawn({ sums, axis, label, own = false }: Props) {
  const { currency } = sums
  const navigate = useNavigate()
  const [focus, setFocus] = useState<string>()
  return (
    <div className="grid gap-5">
      <figure className="m-0" onMouseLeave={() => setFocus(undefined)}>
        <Chart
          {...{ sums, axis, currency, focus, label }}
          onFocus={setFocus}
          {...(own && {
            onPick: (day: string) => void navigate({ to: '/bill', search: { from: day, through: day } }),
          })}
        />
      </figure>
      <Legend {...{ sums, currency }} days={axis.length} day={focus} />
      <DayTable {...{ sums, axis, currency, own }} />
    </div>
  )
})
