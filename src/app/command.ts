// `corehour`: what works on the books in process, one verb a file in commands/, and what asks a server, in the package cli.
import type { Language } from '@corehour/contract'
import {
  completionVerb,
  EXIT,
  explainFailure,
  languageOf,
  nearest,
  remoteVerbs,
  UsageError,
  wantsNoColour,
  type Terminal,
  type Verb,
} from '@corehour/cli'
import { createInterface } from 'node:readline/promises'
import { isTransient, Refusal } from '../base/index.ts'
import { CannotStart } from './cannot-start.ts'
import { VERSION } from './config.ts'
import { auditVerb } from './commands/audit.ts'
import { billVerb } from './commands/bill.ts'
import { keyVerb } from './commands/key.ts'
import { migrateVerb } from './commands/migrate.ts'
import { replayVerb } from './commands/replay.ts'
import { InputRefused } from './commands/verb.ts'

/** By whom they are for. */
const GROUPS: Record<string, Record<string, Verb>> = {
  'Your account, through a server': { ...remoteVerbs.customers, bill: billVerb },
  'For staff, through a server': without(remoteVerbs.staff, 'audit'),
  "On the server's own machine": { audit: auditVerb, key: keyVerb, migrate: migrateVerb, replay: replayVerb },
  Shell: { completion: completionVerb(() => VERBS) },
}
const VERBS: Record<string, Verb> = Object.assign({}, ...Object.values(GROUPS))

const HELP = `corehour: prepaid billing for compute clouds and HPC

${Object.entries(GROUPS)
  .map(
    ([title, verbs]) =>
      `${title}\n${Object.entries(verbs)
        .map(([name, { summary }]) => `  corehour ${name.padEnd(11)}${summary}\n`)
        .join('')}`,
  )
  .join('\n')}
corehour help COMMAND says what one takes, with an example; corehour --version, which version this is.
The server and key: COREHOUR_URL and COREHOUR_KEY, or a profile (corehour help profile).
Exit status: 0 done, 1 failed or violations found, 2 usage or file, 3 refused, 4 unreachable.
`

function without(verbs: Record<string, Verb>, name: string): Record<string, Verb> {
  return Object.fromEntries(Object.entries(verbs).filter(([each]) => each !== name))
}

/** Runs one command and answers its exit status; what goes wrong is one line, a fault of ours a stack. */
export async function command(args: readonly string[], terminal: Terminal): Promise<number> {
  const [name = 'help', ...rest] = args[0] === 'help' && args[1] !== undefined ? [args[1], '--help'] : args
  if (name === 'help' || name === '--help' || name === '-h') {
    terminal.out(HELP)
    return args.length === 0 ? EXIT.usage : EXIT.done
  }
  if (name === '--version') {
    terminal.out(`corehour ${VERSION}\n`)
    return EXIT.done
  }
  const verb = Object.hasOwn(VERBS, name) ? VERBS[name] : undefined
  if (!verb) {
    const meant = nearest(name, Object.keys(VERBS))
    const hint = meant === undefined ? 'corehour help lists them' : `is it ${meant}? corehour help lists them all`
    terminal.note(`corehour: there is no command '${name}': ${hint}\n`)
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

function report(error: unknown, name: string, language: Language, terminal: Terminal): number {
  const say = (text: string) => terminal.note(`corehour: ${text}\n`)
  const refusal = error instanceof InputRefused ? error.refusal : error
  if (refusal instanceof Refusal) {
    say(`${refusal.in(language)} (${refusal.code})`)
    return error instanceof InputRefused ? EXIT.usage : EXIT.refused
  }
  if (terminal.signal?.aborted && error === terminal.signal.reason) {
    say('stopped')
    return EXIT.failed
  }
  const failure = explainFailure(error, VERBS[name]!.help.includes('--idempotency-key'))
  if (failure) {
    say(error instanceof UsageError ? `${failure.text}\nSee corehour ${name} --help` : failure.text)
    return failure.status
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
    colour: process.stdout.isTTY === true && !wantsNoColour(),
    ...(process.stdin.isTTY && { confirm: (question) => ask(question, stopping.signal) }),
    signal: stopping.signal,
  })
}

async function ask(question: string, signal: AbortSignal): Promise<boolean> {
  const lines = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return /^y(es)?$/i.test((await lines.question(`${question} [y/N] `, { signal })).trim())
  } catch {
    // Ctrl-C or the end of the input is no yes.
    return false
  } finally {
    lines.close()
  }
}

if (import.meta.main) await main()
