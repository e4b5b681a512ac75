import { useState, type FormEvent } from 'react'
import { Button } from '../../parts/Button.tsx'
import { Field } from '../../parts/Field.tsx'
import { Sheet } from '../../parts/Sheet.tsx'
import { useWords } from '../../words/index.tsx'
import { useStaffWords } from '../../words/staff.ts'
import { isPrice, setPrice, type Part, type Prices } from './priceList.ts'

const PARTS = {
  machines: ['machine_hour'],
  queues: ['cpu_hour', 'gpu_hour', 'gb_hour'],
  storage: ['gb_month'],
} as const
type Unit = (typeof PARTS)[Part][number]
/** A column of prices for each unit, between the name and what takes it out; on a phone three beside each other, under the name. */
const ROW = 'grid grid-cols-3 items-center gap-x-3 gap-y-1 px-5 sm:px-6'
const WIDE: Record<number, string> = {
  1: 'sm:grid-cols-[minmax(0,1fr)_6rem_2rem]',
  3: 'sm:grid-cols-[minmax(0,1fr)_6rem_6rem_6rem_2rem]',
}

/** A price list as fields: a price for each thing and unit, and room for new ones. */
export function PriceFields({ of, onChange }: { of: Prices; onChange(next: Prices): void }) {
  const { pricing } = useWords()
  const text = useStaffWords()
  return (
    <div className="grid gap-6 *:min-w-0">
      <PartOf part="queues" title={pricing.queues} of={of} onChange={onChange} add={text.addQueue} />
      <PartOf part="machines" title={pricing.machines} of={of} onChange={onChange} add={text.addMachine} />
      <PartOf part="storage" title={pricing.storage} of={of} onChange={onChange} />
    </div>
  )
}

type Props = { part: Part; title: string; of: Prices; onChange(next: Prices): void; add?: string }

function PartOf({ part, title, of, onChange, add }: Props) {
  const { pricing } = useWords()
  const text = useStaffWords()
  const rows = part === 'storage' ? ['personal', 'project'] : Object.keys(of[part] ?? {})
  const shown = (name: string) => namePriced(part, name, { pricing, text })
  const units: readonly Unit[] = PARTS[part]
  const row = `${ROW} ${WIDE[units.length]}`
  return (
    <Sheet title={title} flush>
      <div role="group" aria-label={title} className="text-small">
        <div aria-hidden className={`border-b border-line pb-2 font-medium text-soft max-sm:hidden ${row}`}>
          <span>{pricing.name}</span>
          {units.map((unit) => (
            <span key={unit} className="text-right">
              {pricing.units[unit]}
            </span>
          ))}
        </div>
        {rows.map((name) => (
          <div key={name} className={`border-b border-line py-2 last:border-0 ${row}`}>
            <span className="min-w-0 py-2 font-medium wrap-anywhere max-sm:col-span-2">{shown(name)}</span>
            {units.map((unit) => (
              <PriceField
                key={unit}
                name={shown(name)}
                unit={pricing.units[unit]}
                value={priceIn(of, part, name, unit)}
                onChange={(value) => onChange(setPrice(of, part, name, unit, value))}
              />
            ))}
            {add !== undefined && (
              <Button
                look="bare"
                className="-mr-3 min-h-9 justify-self-end px-3 max-sm:col-start-3 max-sm:row-start-1"
                label={`${text.takeOut}: ${shown(name)}`}
                onPress={() => onChange(takeOut(of, part, name))}
              >
                <span aria-hidden>×</span>
              </Button>
            )}
          </div>
        ))}
      </div>
      {add !== undefined && (
        <Add label={add} taken={rows} onAdd={(name) => onChange(setPrice(of, part, name, PARTS[part][0], '0'))} />
      )}
    </Sheet>
  )
}

type FieldProps = { name: string; unit: string; value: string; onChange(value: string): void }

/** Its unit stands over it where there is no room for a row of heads. */
function PriceField({ name, unit, value, onChange }: FieldProps) {
  return (
    <div className="min-w-0">
      <span aria-hidden className="mb-1 block truncate text-tiny text-soft sm:hidden">
        {unit}
      </span>
      <input
        aria-label={`${name}: ${unit}`}
        aria-invalid={!isPrice(value)}
        inputMode="decimal"
        value={value}
        placeholder="0"
        onChange={({ target }) => onChange(target.value.trim())}
        className="figures min-h-9 w-full rounded-field border border-line bg-sheet px-2 text-right placeholder:text-soft hover:border-edge aria-invalid:border-owed"
      />
    </div>
  )
}

function Add({ label, taken, onAdd }: { label: string; taken: readonly string[]; onAdd(name: string): void }) {
  const [name, setName] = useState('')
  const isNew = name.trim() !== '' && !taken.includes(name.trim())
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (!isNew) return
    onAdd(name.trim())
    setName('')
  }
  return (
    <form onSubmit={submit} className="flex items-end gap-2 border-t border-line px-5 py-4 sm:px-6">
      <Field
        label={label}
        className="grow"
        value={name}
        maxLength={200}
        onChange={({ target }) => setName(target.value)}
      />
      <Button type="submit" disabled={!isNew}>
        {useStaffWords().add}
      </Button>
    </form>
  )
}

type Spoken = {
  pricing: ReturnType<typeof useWords>['pricing']
  text: ReturnType<typeof useStaffWords>
}

/** What people call something that has a price. */
export function namePriced(part: Part, name: string, { pricing, text }: Spoken): string {
  if (part === 'storage') return text.spaces[name as 'personal'] ?? name
  return part === 'queues' && name === '*' ? pricing.anyQueue : name
}

function priceIn(of: Prices, part: Part, name: string, unit: Unit): string {
  if (part === 'machines') return of.machines?.[name] ?? ''
  if (part === 'queues') return of.queues?.[name]?.[unit as 'cpu_hour'] ?? ''
  return of.storage?.[`${name as 'personal'}_gb_month`] ?? ''
}

function takeOut(of: Prices, part: Part, name: string): Prices {
  const { [name]: _, ...rest } = of[part] as Record<string, unknown>
  return { ...of, [part]: rest }
}
