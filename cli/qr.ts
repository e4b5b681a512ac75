import { encode } from 'uqr'

/** Light modules around a code that readers need (ISO/IEC 18004). */
const QUIET_ZONE = 4
// Black on white of the part of the palette that no theme changes, so that it can be read on dark and on light terminals.
const BLACK_ON_WHITE = '\u001b[38;5;16;48;5;231m'
const RESET = '\u001b[0m'
/** By the upper and the lower module of a character: light and light, light and dark, dark and light, dark and dark. */
const DARK_DRAWN = [' ', '▄', '▀', '█'] as const
const LIGHT_DRAWN = ['█', '▀', '▄', ' '] as const

/**
 * A text as a QR code of half blocks, two modules a character, so that it is square. Without colours light modules are drawn, as a dark terminal needs it.
 */
export function drawQr(text: string, coloured: boolean): string {
  const { data, size } = encode(text, { ecc: 'M', border: QUIET_ZONE })
  const drawn = coloured ? DARK_DRAWN : LIGHT_DRAWN
  const lines = Array.from({ length: Math.ceil(size / 2) }, (_, row) =>
    data[row * 2]!.map((upper, x) => drawn[(upper ? 2 : 0) + (data[row * 2 + 1]?.[x] ? 1 : 0)]).join(''),
  )
  return lines.map((line) => (coloured ? `${BLACK_ON_WHITE}${line}${RESET}\n` : `${line}\n`)).join('')
}
