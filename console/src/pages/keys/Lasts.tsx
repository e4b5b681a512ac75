import { Choice } from '../../parts/Field.tsx'
import { useWords } from '../../words/index.tsx'

const DAYS = ['', '30', '90', '365'] as const
/** For how many days a key is good; empty: until it is revoked. */
export type Days = (typeof DAYS)[number]

/** When a key will end by itself. */
export function Lasts({ value, onChange }: { value: Days; onChange(days: Days): void }) {
  const { keys: text } = useWords()
  return (
    <Choice label={text.expires} value={value} onChange={({ target }) => onChange(target.value as Days)}>
      {DAYS.map((days) => (
        <option key={days} value={days}>
          {text.lasts[days]}
        </option>
      ))}
    </Choice>
  )
}

/** As the API is asked for it. */
export function validDays(days: Days): number | undefined {
  return days === '' ? undefined : Number(days)
}
