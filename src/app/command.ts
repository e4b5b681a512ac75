// `corehour`: one verb a file in commands/.
import type { Language } from '@corehour/contract'
import { isTransient, Refusal } from '../base/index.ts'
import { CannotStart } from './cannot-start.ts'
import { auditVerb } from './commands/audit.ts'
import { billVerb } from './commands/bill.ts'
import { migrateVerb } from './commands/migrate.ts'
import { replayVerb } from './commands/replay.ts'
import { UsageError } from './commands/usage-error.ts'
import { EXIT, InputRefused, languageOf, type Terminal, type Verb } from './commands/verb.ts'

const VERBS: Record<string, Verb> = { replay: replayVerb, bill: billVerb, audit: auditVerb, migrate: migrateVerb }

const HELP = `corehour: prepaid billing for compute clouds and HPC

${Object.entries(VERBS)
  .map(([name, { summary }]) => `  corehour ${name.padEnd(10)}${summary}\n`)
  .join('')}  corehour help VERB  what a command takes, with an example

Exit status: 0 done, 1 failed or violations found, 2 usage or file, 3 refused, 4 unreachable.
`

/** Runs one command and answers its exit status; what goes wrong is one line, a fault of ours a stack. */
export async function command(args: readonly string[], terminal: Terminal): Promise<number> {
  const [name = 'help', ...rest] = args[0] === 'help' && args[1] !== undefined ? [args[1], '--help'] : args
  if (name === 'help' || name === '--help' || name === '-h') {
    terminal.out(HELP)
    return args.length === 0 ? EXIT.usage : EXIT.done
  }
  const verb = Object.hasOwn(VERBS, name) ? VERBS[name] : undefined
  if (!verb) {
    terminal.note(`corehour: there is no command '${name}'; there are ${Object.keys(VERBS).join(', ')} and help\n`)
    return EXIT.usage
  }
  if (rest.includes('--help')) {
    terminal.out(verb.help)
    return EXIT.done
  }
  const language = languageOf(rest)
  try {
    return await verb.run(rest, terminal)
  } catch (error) {
    return report(error, name, language, terminal)
  }
}

function report(error: unknown, verb: string, language: Language, terminal: Terminal): number {
  const say = (text: string) => terminal.note(`corehour: ${text}\n`)
  const refusal = error instanceof InputRefused ? error.refusal : error
  if (refusal instanceof Refusal) {
    say(`${refusal.in(language)} (${refusal.code})`)
    return error instanceof InputRefused ? EXIT.usage : EXIT.refused
  }
  if (error instanceof UsageError) {
    say(`${error.message}\nSee corehour ${verb} --help`)
    return EXIT.usage
  }
  if (error instanceof CannotStart || isTransient(error)) {
    say((error as Error).message)
    return EXIT.unreachable
  }
  if (terminal.signal?.aborted) say('stopped')
  else
    say(
      error instanceof Error
        ? `${error.stack}${error.cause ? `\ncaused by ${stackOf(error.cause)}` : ''}`
        : String(error),
    )
  return EXIT.failed
}

function stackOf(cause: unknown): string {
  return cause instanceof Error ? String(cause.stack) : String(cause)
}

async function main(): Promise<void> {
  const stopping = new AbortController()
  // Ended between two boundaries, so that a throwaway database is removed; a second signal doesn't wait.
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => (stopping.signal.aborted ? process.exit(1) : stopping.abort()))
  }
  // A reader that closes early, such as head, ends the writing and is no fault.
  process.stdout.on('error', () => process.exit(EXIT.done))
  process.exitCode = await command(process.argv.slice(2), {
    out: (text) => void process.stdout.write(text),
    note: (text) => void process.stderr.write(text),
    watched: process.stderr.isTTY === true,
    signal: stopping.signal,
  })
}

if (import.meta.main) await main()
