import { parseDecimal, type Decimal } from '../base/index.ts'
import type { TraceQuantity } from './trace.ts'

const ZERO: Decimal = { digits: 0n, places: 0 }
/** Each step of a memory unit, from KiB up; MiB stands at 1. */
const UNITS = 'KMGTPE'
const MEMORY = /^(\d+(?:\.\d+)?)([KMGTPE]?)$/i

/** What a row held, from CPUs, GPUs and MiB of memory; what is left out is 0. */
export function quantityOf(cpu: Decimal = ZERO, gpu: Decimal = ZERO, mebibytes: Decimal = ZERO): TraceQuantity {
  return { cpu: showDecimal(cpu), gpu: showDecimal(gpu), gb: showDecimal(divide1024(mebibytes)) }
}

/**
 * Reads a TRES list such as `billing=20,cpu=4,gres/gpu=2,mem=62.50G,node=1`.
 * GPUs are `gres/gpu`, or where only kinds are given, the sum of `gres/gpu:kind`: Slurm counts the kinds in the total.
 * @returns undefined where it cannot be read, names a resource twice or no CPUs.
 */
export function parseTres(text: string): TraceQuantity | undefined {
  const counts = new Map<string, string>()
  for (const part of text.split(',')) {
    const cut = part.indexOf('=')
    const name = part.slice(0, cut).trim().toLowerCase()
    if (cut < 1 || counts.has(name)) return undefined
    counts.set(name, part.slice(cut + 1).trim())
  }
  const cpu = parseDecimal(counts.get('cpu') ?? '')
  const gpu = parseGpus(counts)
  const memory = parseMemory(counts.get('mem') ?? '0')
  if (!cpu || !gpu || !memory || cpu.digits < 0n || gpu.digits < 0n) return undefined
  return quantityOf(cpu, gpu, memory)
}

function parseGpus(counts: Map<string, string>): Decimal | undefined {
  const total = counts.get('gres/gpu')
  if (total !== undefined) return parseDecimal(total)
  let sum = ZERO
  for (const [name, count] of counts) {
    if (!name.startsWith('gres/gpu:')) continue
    const kind = parseDecimal(count)
    if (!kind || kind.digits < 0n) return undefined
    sum = add(sum, kind)
  }
  return sum
}

/** Memory with an optional unit, in MiB; a bare number is MiB. */
export function parseMemory(text: string): Decimal | undefined {
  const match = MEMORY.exec(text)
  const size = match && parseDecimal(match[1]!)
  if (!size) return undefined
  const steps = UNITS.indexOf(match[2]?.toUpperCase() || 'M') - 1
  return steps < 0 ? divide1024(size) : { digits: size.digits * 1024n ** BigInt(steps), places: size.places }
}

/** Exact: 1/1024 = 0.0009765625. */
function divide1024(value: Decimal): Decimal {
  return { digits: value.digits * 9_765_625n, places: value.places + 10 }
}

function add(a: Decimal, b: Decimal): Decimal {
  const places = Math.max(a.places, b.places)
  return { digits: a.digits * 10n ** BigInt(places - a.places) + b.digits * 10n ** BigInt(places - b.places), places }
}

/** The shortest plain decimal of the same value: 12.0 is `12`. Not for negative values. */
function showDecimal({ digits, places }: Decimal): string {
  if (places === 0) return digits.toString()
  const text = digits.toString().padStart(places + 1, '0')
  return `${text.slice(0, -places)}.${text.slice(-places)}`.replace(/\.?0+$/, '')
}
