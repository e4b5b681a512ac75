import { piecesOf, signOf, type Shown } from '../books/money.ts'
import { useLanguage } from '../words/index.tsx'

type Size = 'plain' | 'strong' | 'huge'
const STYLES: Record<Size, string> = {
  plain: '',
  strong: 'font-semibold',
  huge: 'text-huge font-semibold tracking-tight',
}

/**
 * An amount, to the last place that is not nothing: what lies below a cent is set smaller, and the exact grains stand in the title.
 * A column of them is set with `align`, so that the points stand under each other.
 */
export function Money({ of, size = 'plain', align = false }: { of: Shown; size?: Size; align?: boolean }) {
  const { language, words } = useLanguage()
  const { sign, whole, cents, below } = piecesOf(BigInt(of.grains), language)
  return (
    <span className={`figures whitespace-nowrap ${STYLES[size]}`} title={words.common.exact(of.grains)}>
      {sign}
      <span className={size === 'huge' ? 'mr-1 text-[0.6em] font-medium text-soft' : 'mr-0.5 text-soft'}>
        {signOf(of.currency)}
      </span>
      {whole}
      <span className={size === 'huge' ? 'text-[0.6em]' : ''}>{cents}</span>
      <span
        className={`${size === 'huge' ? 'text-[0.36em] font-normal' : 'text-[0.82em]'} text-soft ${align ? 'inline-block w-[6ch] text-left' : ''}`}
      >
        {below}
      </span>
    </span>
  )
}
