import { useState, type FormEvent } from 'react'
import { Button } from '../../parts/Button.tsx'
import { Field } from '../../parts/Field.tsx'
import { Sheet } from '../../parts/Sheet.tsx'
import { Table } from '../../parts/Table.tsx'
import { useWords } from '../../words/index.tsx'
import { useStaffWords } from '../../words/staff.ts'
import { isPrice, setPrice, type Part, type Prices } from './priceList.ts'

const PARTS = {
  machines: ['machine_hour'],
  queues: ['cpu_hour', 'gpu_hour', 'gb_hour'],
  storage: ['gb_month'],
} as const
type Unit = (typeof PARTS)[Part][number]

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
  const shown = (name: string) =>
    part === 'storage' ? text.spaces[name as 'personal'] : name === '*' ? pricing.anyQueue : name
  return (
    <Sheet title={title} flush>
      <Table
        label={title}
        rows={rows}
        keyOf={(name) => name}
        columns={[
          {
            title: pricing.name,
            cell: (name) => <span className="inline-block min-w-14 py-2 font-medium break-words">{shown(name)}</span>,
          },
          ...PARTS[part].map((unit: Unit) => ({
            title: pricing.units[unit],
            right: true,
            cell: (name: string) => (
              <PriceField
                label={`${shown(name)}: ${pricing.units[unit]}`}
                value={priceIn(of, part, name, unit)}
                onChange={(value) => onChange(setPrice(of, part, name, unit, value))}
              />
            ),
          })),
          ...(add === undefined
            ? []
            : [
                {
                  title: text.takeOut,
                  untitled: true,
                  right: true,
                  cell: (name: string) => (
                    <Button
                      look="bare"
                      className="-mr-3 min-h-9 px-3"
                      label={`${text.takeOut}: ${shown(name)}`}
                      onPress={() => onChange(takeOut(of, part, name))}
                    >
                      <span aria-hidden>×</span>
                    </Button>
                  ),
                },
              ]),
        ]}
      />
      {add !== undefined && (
        <Add label={add} taken={rows} onAdd={(name) => onChange(setPrice(of, part, name, PARTS[part][0], '0'))} />
      )}
    </Sheet>
  )
}

function PriceField({ label, value, onChange }: { label: string; value: string; onChange(value: string): void }) {
  return (
    <input
      aria-label={label}
      aria-invalid={!isPrice(value)}
      inputMode="decimal"
      value={value}
      placeholder="0"
      onChange={({ target }) => onChange(target.value.trim())}
      className="figures min-h-9 w-16 rounded-field border border-line bg-sheet px-2 text-right placeholder:text-soft hover:border-edge aria-invalid:border-owed sm:w-24"
    />
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

function priceIn(of: Prices, part: Part, name: string, unit: Unit): string {
  if (part === 'machines') return of.machines?.[name] ?? ''
  if (part === 'queues') return of.queues?.[name]?.[unit as 'cpu_hour'] ?? ''
  return of.storage?.[`${name as 'personal'}_gb_month`] ?? ''
}

function takeOut(of: Prices, part: Part, name: string): Prices {
  const { [name]: _, ...rest } = of[part] as Record<string, unknown>
  return { ...of, [part]: rest }
}
