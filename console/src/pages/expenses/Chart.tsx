import { scaleBand, scaleLinear } from '@visx/scale'
import { startTransition, useLayoutEffect, useRef, useState, type RefObject } from 'react'
import { piecesOf, signOf } from '../../books/money.ts'
import { showDay } from '../../books/time.ts'
import { useLanguage } from '../../words/index.tsx'
import type { Part, Sums } from './Bars.tsx'
import { FILLS } from './hues.ts'

const [HEIGHT, BASE, LEFT] = [260, 24, 56]
/** Pixels that a day's name needs. */
const DAY_ROOM = 76
const CENT = 36_000_000n
/** Below a hundred an axis needs cents. */
const FINE_BELOW = 360_000_000_000n

type ChartProps = {
  sums: Sums
  axis: readonly string[]
  currency: string
  focus: string | undefined
  label: string
  onFocus(day: string): void
  /** The same by keyboard: the links of the table below. */
  onPick?(day: string): void
}

/** Bars of days over an axis, as wide as there is room: its texts are as large on a phone as anywhere. Behind each, a level says what it was before. */
export function Chart({ sums: { shown, byDay, before }, axis, currency, focus, label, onFocus, onPick }: ChartProps) {
  const { language } = useLanguage()
  const [box, width] = useWidth()
  const most = axis
    .flatMap((day) => [byDay.get(day) ?? 0n, before.get(day) ?? 0n])
    .reduce((most, sum) => (most > sum ? most : sum), 1n)
  const top = topOf(most)
  // Only where a bar ends on the screen is a number; what is read stays in grains.
  const y = scaleLinear({ domain: [0, Number(top)], range: [0, HEIGHT - BASE - 12], nice: false })
  const x = scaleBand({ domain: [...axis], range: [LEFT, width], padding: 0.28 })
  const every = Math.ceil(DAY_ROOM / Math.max(1, x.step()))
  return (
    <svg ref={box} height={HEIGHT} className="block w-full" role="img" aria-label={label}>
      {[0n, 1n, 2n].map((halves) => (
        <Level
          key={halves}
          width={width}
          at={HEIGHT - BASE - y(Number(top * halves) / 2)}
          text={halves === 0n ? '0' : axisText((top * halves) / 2n, currency, language)}
        />
      ))}
      {(width > 0 ? axis : []).map((day, i) => (
        <g
          key={day}
          onMouseEnter={() => onFocus(day)}
          onClick={() => onPick?.(day)}
          className={`${onPick ? 'cursor-pointer' : ''} ${focus && focus !== day ? 'opacity-45' : ''}`}
        >
          <rect x={x(day)} y={0} width={x.step()} height={HEIGHT - BASE} fill="transparent" />
          <Before
            x={x(day)! - (x.step() - x.bandwidth()) / 2}
            width={x.step()}
            height={y(Number(before.get(day) ?? 0n))}
          />
          {stack(shown, day, y).map(({ part, top, height }) => (
            <rect key={part.key} x={x(day)} y={top} width={x.bandwidth()} height={height} className={FILLS[part.hue]} />
          ))}
          {(axis.length - 1 - i) % every === 0 && (
            <text
              x={x(day)! + x.bandwidth() / (i === axis.length - 1 ? 1 : 2)}
              y={HEIGHT - 6}
              textAnchor={i === axis.length - 1 ? 'end' : 'middle'}
              className="fill-soft text-[12px]"
            >
              {showDay(day, language)}
            </text>
          )}
        </g>
      ))}
    </svg>
  )
}

/** As wide as there is room, so that it shows at both sides of a bar that is higher. */
function Before({ x, width, height }: { x: number; width: number; height: number }) {
  if (height <= 0) return null
  const top = HEIGHT - BASE - height
  return (
    <g>
      <rect x={x} y={top} width={width} height={height} className="fill-wash" />
      <line x1={x} x2={x + width} y1={top} y2={top} strokeWidth="1.5" className="stroke-edge" />
    </g>
  )
}

function Level({ width, at, text }: { width: number; at: number; text: string }) {
  return (
    <g>
      <line x1={LEFT} x2={width} y1={at} y2={at} className="stroke-line" />
      <text x={LEFT - 8} y={at + 4} textAnchor="end" className="figures fill-soft text-[12px]">
        {text}
      </text>
    </g>
  )
}

/** Where the parts of a day's bar lie, from the ground up. */
function stack(parts: readonly Part[], day: string, y: (grains: number) => number) {
  let top = HEIGHT - BASE
  return parts.flatMap((part) => {
    const height = y(Number(part.byDay.get(day) ?? 0n))
    top -= height
    return height > 0 ? [{ part, top, height }] : []
  })
}

/** The least of 2, 4, 6, 8 and 10 cents, tens of cents, yuan .. that is above all bars: half of it is round too. */
function topOf(most: bigint): bigint {
  for (let unit = CENT; ; unit *= 10n) {
    const top = [2n, 4n, 6n, 8n, 10n].map((n) => n * unit).find((each) => each >= most)
    if (top !== undefined) return top
  }
}

function axisText(grains: bigint, currency: string, locale: string): string {
  const { whole, cents } = piecesOf(grains, locale)
  return `${signOf(currency)}${whole}${grains < FINE_BELOW ? cents : ''}`
}

/** How wide something stands on the screen, as it changes. */
function useWidth(): [RefObject<SVGSVGElement | null>, number] {
  const box = useRef<SVGSVGElement>(null)
  const [width, setWidth] = useState(0)
  useLayoutEffect(() => {
    // In slices: it is drawn anew for it.
    const measure = () => startTransition(() => setWidth(box.current?.clientWidth ?? 0))
    measure()
    const observer = new ResizeObserver(measure)
    observer.observe(box.current!)
    return () => observer.disconnect()
  }, [])
  return [box, width]
}
