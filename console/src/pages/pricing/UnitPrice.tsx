import { signOf } from '../../books/money.ts'
import { useWords } from '../../words/index.tsx'

/** Prices of one SKU: `¥9 a GPU hour`, one under the other; what costs nothing is left out where something does. */
export function UnitPrice({ currency, of }: { currency: string; of: Readonly<Record<string, string>> }) {
  const { pricing } = useWords()
  const costly = Object.entries(of).filter(([, price]) => /[1-9]/.test(price))
  if (costly.length === 0) return pricing.free
  return costly.map(([unit, price]) => (
    <span key={unit} className="figures block">
      {signOf(currency)}
      <span className="font-medium">{withCents(price)}</span>{' '}
      <span className="text-soft">{pricing.units[unit as keyof typeof pricing.units] ?? unit}</span>
    </span>
  ))
}

/** `9` and `19.5` as `9.00` and `19.50`; what says more says all of it. */
function withCents(price: string): string {
  const [whole, places = ''] = price.split('.')
  return `${whole}.${places.padEnd(2, '0')}`
}
