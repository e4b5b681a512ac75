import { Radio } from '@base-ui/react/radio'
import { RadioGroup } from '@base-ui/react/radio-group'
import type { ReactNode } from 'react'

/** One of three or so, each with a line about it. */
export function Options<T extends string>(props: {
  label: string
  value: T | undefined
  options: readonly { value: T; text: string; about?: ReactNode }[]
  onChange(value: T): void
  /** Where there is no option. */
  children?: ReactNode
}) {
  const { label, value, options, onChange, children } = props
  return (
    <fieldset>
      <legend className="mb-1.5 text-small font-medium">{label}</legend>
      {children}
      <RadioGroup
        aria-label={label}
        value={value}
        onValueChange={(next) => onChange(next as T)}
        className="grid gap-2 sm:grid-cols-3"
      >
        {options.map((option) => (
          <label
            key={option.value}
            className="flex min-h-14 cursor-pointer items-center gap-3 rounded-field border border-line px-4 py-2 hover:border-edge has-[[data-checked]]:border-pine has-[[data-checked]]:bg-pine-wash"
          >
            <Radio.Root
              value={option.value}
              className="grid size-4 shrink-0 place-items-center rounded-full border border-edge data-[checked]:border-pine"
            >
              <Radio.Indicator className="size-2 rounded-full bg-pine" />
            </Radio.Root>
            <span>
              <span className="block text-small font-medium">{option.text}</span>
              {option.about !== undefined && <span className="figures block text-tiny text-soft">{option.about}</span>}
            </span>
          </label>
        ))}
      </RadioGroup>
    </fieldset>
  )
}
