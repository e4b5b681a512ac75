import { Toggle } from '@base-ui/react/toggle'
import { ToggleGroup } from '@base-ui/react/toggle-group'

/** One of a few, side by side. */
export function Segments<T extends string>(props: {
  label: string
  value: T
  options: readonly { value: T; text: string }[]
  onChange(value: T): void
}) {
  const { label, value, options, onChange } = props
  return (
    <ToggleGroup
      aria-label={label}
      value={[value]}
      onValueChange={([next]) => next !== undefined && onChange(next as T)}
      className="inline-flex flex-wrap rounded-field bg-wash p-0.5"
    >
      {options.map((option) => (
        <Toggle
          key={option.value}
          value={option.value}
          className="min-h-8 rounded-[0.5rem] px-3 text-small text-soft transition-colors hover:text-ink data-[pressed]:bg-sheet data-[pressed]:font-medium data-[pressed]:text-ink data-[pressed]:shadow-sheet"
        >
          {option.text}
        </Toggle>
      ))}
    </ToggleGroup>
  )
}
