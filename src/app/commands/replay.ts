import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { openDatabase, parseAmount, Refusal, systemClock } from '../../base/index.ts'
import { parsePriceList } from '../../pricing/index.ts'
import { checkPeriod, readTrace, replay, traceFormats, type Trace, type TraceFormat } from '../../replay/index.ts'
import type { Config } from '../config.ts'
import { startThrowaway } from '../embedded/throwaway.ts'
import { migrate } from '../migrate.ts'
import { connect, type Opened, type Say } from './books.ts'
import { openToKeep } from './kept.ts'
import { progressBar } from './progress.ts'
import { replayJson, replayText, type ReplayReport } from './replay-report.ts'
import { EXIT, languageOf, readArgs, UsageError, type Terminal, type Verb } from '@corehour/cli'
import { configOf, InputRefused, readInput } from './verb.ts'

const OPTIONS = {
  prices: { type: 'string' },
  format: { type: 'string' },
  credit: { type: 'string' },
  json: { type: 'boolean' },
  keep: { type: 'boolean' },
  database: { type: 'string' },
} as const

export const replayVerb: Verb = {
  summary: 'lives a job trace through: deductions, bills, audit',
  help: `corehour replay FILE --prices FILE [options]

Opens an account for each project of a trace, sends its jobs as usage, deducts every five minutes, attributes every hour,
audits the books and prints what was charged. Works on a throwaway database.

  FILE                  a trace: sacct -P (.psv .sacct .txt), SWF (.swf) or CSV (.csv), each also with .gz
  --prices FILE         the price list, as JSON
  --format FORMAT       sacct, swf or csv, where the file's name doesn't tell
  --credit AMOUNT       cash that each account gets at the beginning, such as 500 or 12.50; without it use becomes arrears
  --keep                keep the books, in place of those kept before; then: corehour bill, corehour audit --replay
  --database URL        use this PostgreSQL database, which must be empty; it stays as it is then
  --json                print one JSON object
  --lang en|zh          the language of refusals

Example: corehour replay examples/trace.psv --prices examples/prices.json --credit 1 --keep
`,
  async run(args, terminal) {
    const call = readCall(args)
    const config = configOf()
    const trace = await asInput(() => readTrace(call.file, call.format ? { format: call.format } : {}))
    await asInput(async () => checkPeriod(trace))
    const report = await replayOn(config, call, trace, terminal)
    terminal.out(
      call.json
        ? `${JSON.stringify(replayJson(report, call.language), undefined, 2)}\n`
        : replayText(report, call.language),
    )
    return report.replay.audit.violations.length > 0 ? EXIT.failed : EXIT.done
  },
}

type Call = ReturnType<typeof readCall>

function readCall(args: string[]) {
  const { values, positionals } = readArgs(args, OPTIONS, 1)
  const [file] = positionals
  if (file === undefined) throw new UsageError('name the trace: corehour replay FILE --prices FILE')
  if (values.prices === undefined)
    throw new UsageError('name the price list: --prices FILE (there is one in examples/prices.json)')
  if (values.keep && values.database !== undefined)
    throw new UsageError('--keep is about the throwaway database: what is in --database stays anyway')
  const format = values.format as TraceFormat | undefined
  if (format !== undefined && !traceFormats.includes(format))
    throw new UsageError(`--format is one of ${traceFormats.join(', ')}, not '${format}'`)
  const { credit } = values
  return {
    file,
    format,
    prices: readPrices(values.prices),
    credit: credit === undefined ? undefined : readInput(() => parseAmount(credit)),
    json: values.json === true,
    keep: values.keep === true,
    database: values.database,
    language: languageOf(args),
  }
}

/** The price list as parsed JSON, checked. */
function readPrices(file: string): unknown {
  return readInput(() => {
    const json = parseJson(file)
    parsePriceList(json)
    return json
  })
}

function parseJson(file: string): unknown {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    throw new UsageError(`the price list ${file} can't be read: ${(error as Error).message}`)
  }
  try {
    return JSON.parse(text.replace(/^\ufeff/, ''))
  } catch (error) {
    throw new Refusal('bad_price_list', { detail: `${file} is not JSON: ${(error as Error).message}` })
  }
}

async function replayOn(config: Config, call: Call, trace: Trace, terminal: Terminal): Promise<ReplayReport> {
  const say: Say = (line) => terminal.note(`corehour: ${line}\n`)
  const books = await openBlank(config, call, say)
  const bar = terminal.watched ? progressBar(terminal.note) : undefined
  try {
    await migrate(books.database, systemClock)
    const result = await asInput(() =>
      replay(trace, {
        database: books.database,
        timeZone: config.timeZone,
        prices: call.prices,
        credit: call.credit,
        wallClock: systemClock,
        onProgress: bar?.show,
        signal: terminal.signal,
      }),
    )
    bar?.clear()
    if (books.keep) await books.keep(call.file)
    return { file: basename(call.file), trace, replay: result, kept: call.keep }
  } finally {
    bar?.clear()
    await books.close()
  }
}

type Blank = Opened & { keep?(trace: string): Promise<void> }

async function openBlank(config: Config, call: Call, say: Say): Promise<Blank> {
  if (call.database !== undefined) return connect(call.database)
  if (call.keep) return openToKeep(config, say)
  const embedded = await startThrowaway({
    binariesFolder: config.dataFolder,
    log: (line) => line.startsWith('setting up') || say(line),
  })
  const database = openDatabase(embedded.database())
  const close = async () => {
    await database.close()
    await embedded.stop()
  }
  return { database, close }
}

const OF_THE_FILES = /^(trace_|bad_price_list$)/

/** What is wrong with the files is the caller's; what the books refuse is not. */
async function asInput<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw error instanceof Refusal && OF_THE_FILES.test(error.code) ? new InputRefused(error) : error
  }
}
