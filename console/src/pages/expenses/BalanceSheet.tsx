import type { ReactNode } from 'react'
import type { Shown } from '../../books/money.ts'
import { showCountdown, showDuration, showInstant, showTime } from '../../books/time.ts'
import type { Account } from '../../books/useBooks.ts'
import { useNow } from '../../books/useNow.ts'
import { Money } from '../../parts/Money.tsx'
import { Ring } from '../../parts/Ring.tsx'
import { Sheet } from '../../parts/Sheet.tsx'
import { useLanguage } from '../../words/index.tsx'

const INTERVAL = 300

/** The balance as the books say it, what it is made of, and when it moves and ends. */
export function BalanceSheet({ account }: { account: Account }) {
  const { language, words } = useLanguage()
  const { balance, blocked } = account
  const now = useNow(balance.as_of)
  const left = Date.parse(balance.next_deduction_at) / 1000 - now
  const text = words.expenses
  return (
    <Sheet>
      <div className="flex flex-wrap items-start justify-between gap-6">
        <div>
          <h2 className="text-small font-medium text-soft">{text.balance}</h2>
          <p className="mt-1">
            <Money of={balance.settled} size="huge" />
          </p>
          <p className="mt-1 text-tiny text-soft">{words.common.asOf(showInstant(balance.settled_at, language))}</p>
          <Notices account={account} />
        </div>
        <div className="flex items-center gap-3">
          <Ring part={left / INTERVAL} label={`${text.nextDeduction} ${text.inMinutes(showCountdown(left))}`} />
          <div className="text-small">
            <p className="text-soft">{text.nextDeduction}</p>
            <p className="figures font-medium">{text.inMinutes(showCountdown(left))}</p>
          </div>
        </div>
      </div>
      <dl className="mt-7 grid grid-cols-2 gap-x-6 gap-y-5 border-t border-line pt-5 text-small sm:grid-cols-4">
        <Part name={text.inFlight} hint={text.inFlightHint} of={balance.in_flight} tone="text-amber" />
        <Part name={text.available} hint={text.availableHint} of={balance.available} />
        <Part name={text.cash} of={balance.cash} />
        <Part name={text.cards} of={balance.granted} />
        {balance.held.grains !== '0' && <Part name={text.held} hint={text.heldHint} of={balance.held} />}
        {balance.arrears.grains !== '0' && (
          <Part name={text.arrears} hint={text.arrearsHint} of={balance.arrears} tone="text-owed" />
        )}
        <Item name={text.spend}>
          <Money of={balance.spend_per_hour} size="strong" /> <span className="text-soft">{words.common.perHour}</span>
        </Item>
        <Item name={text.runsOut} wide>
          {BigInt(balance.available.grains) <= 0n ? (
            text.hasRunOut
          ) : blocked === null && balance.runs_out_at === null ? (
            text.never
          ) : balance.runs_out_at !== null ? (
            <>
              <span className="figures font-semibold">{showInstant(balance.runs_out_at, language)}</span>{' '}
              <span className="text-soft">
                {text.inMinutes(showDuration(Math.max(0, Date.parse(balance.runs_out_at) / 1000 - now), language))}
              </span>
            </>
          ) : (
            text.never
          )}
        </Item>
      </dl>
      <p className="mt-5 text-tiny text-soft">{text.billed(showTime(balance.attributed_at, language))}</p>
    </Sheet>
  )
}

function Notices({ account: { balance, blocked } }: { account: Account }) {
  const { words } = useLanguage()
  const notices = [
    ...(blocked === null ? [] : [`${words.expenses.blocked}: ${blocked.reason}`]),
    ...(BigInt(balance.available.grains) > 0n ? [] : [words.expenses.usedUp]),
  ]
  return notices.map((notice) => (
    <p key={notice} role="status" className="mt-3 rounded-field bg-owed-wash px-3 py-1.5 text-small text-owed">
      {notice}
    </p>
  ))
}

function Part({ name, hint, of, tone = '' }: { name: string; hint?: string; of: Shown; tone?: string }) {
  return (
    <Item name={name} {...(hint !== undefined && { hint })}>
      <span className={tone}>
        <Money of={of} size="strong" />
      </span>
    </Item>
  )
}

function Item({
  name,
  hint,
  wide = false,
  children,
}: {
  name: string
  hint?: string
  wide?: boolean
  children: ReactNode
}) {
  return (
    <div className={wide ? 'col-span-2' : ''} title={hint}>
      <dt className="text-soft">{name}</dt>
      <dd className="mt-0.5">{children}</dd>
    </div>
  )
}
