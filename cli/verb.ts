import type { Language } from '@corehour/contract'
import { parseArgs, type ParseArgsConfig } from 'node:util'

/** Where a command writes, and what ends it early. */
export type Terminal = {
  out(text: string): void
  /** Notes and progress, which are not the answer. */
  note(text: string): void
  /** Whether notes go to somebody who watches. */
  watched: boolean
  /** Whether the answer may be coloured. */
  colour?: boolean
  /** Asks yes or no; not there when nobody is there to answer. */
  confirm?(question: string): Promise<boolean>
  signal?: AbortSignal
}

export type Verb = {
  /** One line for the list of commands. */
  summary: string
  /** What `corehour VERB --help` prints: the call, its options, an example. */
  help: string
  /** Its own verbs, for completion. */
  words?: readonly string[]
  /** Answers the exit status. */
  run(args: string[], terminal: Terminal): Promise<number>
}

export const EXIT = { done: 0, failed: 1, usage: 2, refused: 3, unreachable: 4 } as const

/** The command was called in a way that can't be: exit status 2, one line and where to read on. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

export type Options = NonNullable<ParseArgsConfig['options']>
/** What is read of options that are given once each. */
export type ValuesOf<O extends Options> = { [Name in keyof O]?: O[Name]['type'] extends 'string' ? string : boolean }
/** Every command takes these. */
const COMMON = { help: { type: 'boolean' }, lang: { type: 'string' } } as const satisfies Options

/**
 * Reads a command's options and at most `operands` words.
 * @throws UsageError for an option that it doesn't take, or one without its value.
 */
export function readArgs<const O extends Options>(args: string[], options: O, operands = 0) {
  const { values, positionals } = parse(args, options)
  const { lang } = values as { lang?: string }
  if (lang !== undefined && lang !== 'en' && lang !== 'zh') throw new UsageError(`--lang is en or zh, not '${lang}'`)
  if (positionals.length > operands) throw new UsageError(`'${positionals[operands]}' is one word too many`)
  return { values, positionals }
}

function parse<const O extends Options>(args: string[], options: O) {
  try {
    return parseArgs({ args, options: { ...options, ...COMMON }, allowPositionals: true, strict: true })
  } catch (error) {
    // Node's own texts, without its advice on how to write a word that begins with a dash.
    if (error instanceof TypeError) {
      const text = error.message.split('. To specify a positional')[0]!.replace(/\n/g, ' ')
      const [, unknown] = /^Unknown option '--([^']+)'/.exec(text) ?? []
      const meant = unknown === undefined ? undefined : nearest(unknown, Object.keys({ ...options, ...COMMON }))
      throw new UsageError(meant === undefined ? text : `${text}: is it --${meant}?`)
    }
    throw error
  }
}

/** The language of refusals that `--lang` asks for, also where the rest of the call can't be read. */
export function languageOf(args: readonly string[]): Language {
  const at = args.findLastIndex((arg) => arg === '--lang' || arg.startsWith('--lang='))
  const value = at < 0 ? undefined : args[at]!.startsWith('--lang=') ? args[at]!.slice('--lang='.length) : args[at + 1]
  return value === 'zh' ? 'zh' : 'en'
}

/** The word that was probably meant: one that begins so, or differs by at most two letters. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const begun = word.length > 1 ? known.find((each) => each.startsWith(word)) : undefined
  const [best] = known.map((each) => ({ each, far: lettersBetween(word, each) })).sort((a, b) => a.far - b.far)
  return begun ?? (best && best.far <= Math.min(2, word.length / 2) ? best.each : undefined)
}

/** How many letters must be put in, taken out or changed. */
function lettersBetween(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++)
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)))
    row = next
  }
  return row[b.length]!
}
