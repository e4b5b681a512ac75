import { Popover } from '@base-ui/react/popover'
import { useState } from 'react'
import { DayPicker } from 'react-day-picker'
import { enGB } from 'react-day-picker/locale/en-GB'
import { zhCN } from 'react-day-picker/locale/zh-CN'
import { useLanguage } from '../words/index.tsx'
import { Button } from './Button.tsx'
import type { DayProps } from './DayField.tsx'
import { SELECT } from './Field.tsx'

const TURN = 'grid size-9 place-items-center rounded-field text-soft hover:bg-wash hover:text-ink'
const LOOKS = {
  root: 'relative',
  month_caption: 'flex h-9 items-center px-2 text-small font-medium',
  nav: 'absolute top-0 right-0 flex',
  button_previous: TURN,
  button_next: TURN,
  chevron: 'size-4 fill-current',
  month_grid: 'mt-1',
  weekday: 'size-9 text-tiny font-normal text-soft',
  day: 'p-0 text-center',
  day_button: 'figures size-9 rounded-field text-small enabled:hover:bg-wash',
  today: 'font-semibold not-data-selected:text-pine',
  selected: '[&>button]:bg-pine [&>button]:text-on-pine [&>button]:enabled:hover:bg-pine-strong',
  disabled: 'text-soft opacity-50',
}

/** A month of days to choose one from. It opens when it comes, since it is loaded when it is wanted. */
export default function Calendar({ label, value, none, min, max, onChange, shown }: DayProps & { shown: string }) {
  const { language } = useLanguage()
  const [open, setOpen] = useState(true)
  const choose = (day: string | undefined) => {
    setOpen(false)
    onChange(day)
  }
  return (
    <Popover.Root open={open} onOpenChange={setOpen}>
      <Popover.Trigger aria-label={`${label}: ${shown}`} className={`${SELECT} truncate text-left`}>
        {shown}
      </Popover.Trigger>
      <Popover.Portal container={document.getElementById('content')}>
        <Popover.Positioner sideOffset={4} align="start" className="z-50">
          <Popover.Popup
            aria-label={label}
            className="rounded-sheet border border-line bg-sheet p-3 shadow-float outline-none"
          >
            <DayPicker
              mode="single"
              required
              autoFocus
              locale={language === 'zh' ? zhCN : enGB}
              classNames={LOOKS}
              selected={value === undefined ? undefined : dateOf(value)}
              defaultMonth={dateOf(value ?? max ?? min) ?? new Date()}
              disabled={[...(min ? [{ before: dateOf(min)! }] : []), ...(max ? [{ after: dateOf(max)! }] : [])]}
              onSelect={(date) => choose(dayOf(date))}
            />
            {value !== undefined && (
              <Button look="bare" className="mt-1 w-full" onPress={() => choose(undefined)}>
                {none}
              </Button>
            )}
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  )
}

/** The picker has days as midnights of this machine's. */
function dateOf(day: string | undefined): Date | undefined {
  return day === undefined ? undefined : new Date(`${day}T00:00:00`)
}

function dayOf(date: Date): string {
  const parts = [date.getFullYear(), date.getMonth() + 1, date.getDate()]
  return parts.map((part) => String(part).padStart(2, '0')).join('-')
}
