import type { ReactNode } from 'react'
import { MINUS, ofGrains } from '../../books/money.ts'
import { dayAfter, showDay } from '../../books/time.ts'
import { Money } from '../../parts/Money.tsx'
import { useLanguage } from '../../words/index.tsx'
import type { Sums } from './Bars.tsx'
import { FILLS } from './hues.ts'

type Props = { sums: Sums; currency: string; days: number; day: string | undefined }

/** What the colours mean, with the sums of all days or of the one that is pointed at, and how much that is beside the time before. */
export function Legend({ sums: { shown, byDay, before }, currency, days, day }: Props) {
  const { language, words } = useLanguage()
  const text = words.expenses
  const sumOf = (of: Map<string, bigint>) =>
    day === undefined ? [...of.values()].reduce((sum, each) => sum + each, 0n) : (of.get(day) ?? 0n)
  const [now, then] = [sumOf(byDay), sumOf(before)]
  const change = now > then ? 'more' : now < then ? 'less' : 'same'
  return (
    <ul className="grid gap-x-8 gap-y-1.5 text-small sm:grid-cols-2">
      {shown.map(({ key, name, hue, ...part }) => (
        <Entry key={key} name={name} mark={`size-2.5 ${FILLS[hue]}`}>
          <Money of={ofGrains(sumOf(part.byDay), currency)} align />
        </Entry>
      ))}
      <Entry
        name={day === undefined ? words.common.total : showDay(day, language, 'long')}
        className="border-t border-line pt-2 font-medium sm:col-span-2"
      >
        <Money of={ofGrains(now, currency)} align />
      </Entry>
      <Entry
        name={day === undefined ? text.before(days) : showDay(dayAfter(day, -days), language, 'long')}
        mark="h-0.5 w-2.5 bg-edge"
        className="text-soft sm:col-span-2"
      >
        <Money of={ofGrains(then, currency)} align />
      </Entry>
      <Entry name={text.change[change]} className="text-soft sm:col-span-2">
        {then > 0n && <span className="figures mr-3">{shareOf(now - then, then, language)}</span>}
        <Money of={ofGrains(now - then, currency)} align />
      </Entry>
    </ul>
  )
}

function Entry(props: { name: string; mark?: string; className?: string; children: ReactNode }) {
  const { name, mark, className = '', children } = props
  return (
    <li className={`flex items-center gap-2.5 ${className}`}>
      {mark !== undefined && <span aria-hidden className={`shrink-0 rounded-[3px] ${mark}`} />}
      <span dir="auto" className="min-w-0 truncate" title={name}>
        {name}
      </span>
      <span className="ml-auto whitespace-nowrap">{children}</span>
    </li>
  )
}

/** `+48%`: for reading beside the exact amounts. */
function shareOf(change: bigint, of: bigint, locale: string): string {
  const share = Number((change * 1000n) / of) / 1000
  return new Intl.NumberFormat(locale, { style: 'percent', signDisplay: 'exceptZero', maximumFractionDigits: 1 })
    .format(share)
    .replace('-', MINUS)
}
