import { audit, type Audit } from '../../audit/index.ts'
import { appOn, CHOICE, openBooks } from './books.ts'
import { EXIT, readArgs, remoteVerbs, violationsText, type Verb } from '@corehour/cli'
import { configOf } from './verb.ts'

export const auditVerb: Verb = {
  summary: 'holds the books against every invariant; with --remote those of a server',
  help: `corehour audit [options]

Holds the books against every invariant, in one picture of them, while the server goes on. Exit status 1 where one is violated.
Reads the books in process, unless --remote.

  --remote              let the server do it that COREHOUR_URL and COREHOUR_KEY mean, or a profile; for staff
  --profile NAME        with --remote: the server and key of this profile
  --json                print one JSON object
  --live                the server's books (otherwise, where there are any)
  --replay              the kept replay's books
  --database URL        the books in this PostgreSQL database
  --lang en|zh          the language of refusals

Example: corehour audit --replay
`,
  async run(args, terminal) {
    if (args.includes('--remote')) return remoteVerbs.staff.audit.run(args, terminal)
    const { values } = readArgs(args, { ...CHOICE, json: { type: 'boolean' } })
    const config = configOf()
    const books = await openBooks(config, values, 'live', (line) => terminal.note(`corehour: ${line}\n`))
    try {
      const result = await audit(appOn(books, config))
      terminal.out(
        values.json
          ? `${JSON.stringify({ books: books.name, ...auditJson(result), seconds: result.seconds }, undefined, 2)}\n`
          : auditText(books.name, result),
      )
      return result.violations.length > 0 ? EXIT.failed : EXIT.done
    } finally {
      await books.close()
    }
  },
}

/** How many invariants are violated, of how many, and where: rows with bigints and times as text. */
export function auditJson({ violations, checked }: Audit): object {
  const details = violations.map(({ invariant, meaning, rows, more }) => ({
    invariant,
    meaning,
    rows: rows.map(plain),
    more,
  }))
  return { violations: violations.length, checked, details }
}

function auditText(name: string, { violations, checked, seconds }: Audit): string {
  const took = `${seconds.toFixed(1)} s`
  if (violations.length === 0) return `Audit of ${name}: ${checked} invariants hold (${took})\n`
  const found = violationsText(violations.map(({ rows, ...each }) => ({ ...each, rows: rows.map(plain) })))
  return `Audit of ${name}: ${violations.length} of ${checked} invariants VIOLATED (${took})\n${found}`
}

function plain(row: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, typeof value === 'bigint' ? value.toString() : value]),
  )
}
