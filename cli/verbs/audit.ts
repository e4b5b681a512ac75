import { open, REMOTE_HELP } from '../call.ts'
import { EXIT, type Verb } from '../verb.ts'

/** The server ends it after four minutes at most. */
const TIMEOUT_MS = 280_000

export const auditVerb: Verb = {
  summary: 'holds the books against every invariant',
  help: `corehour audit [options]

The server holds its books against every invariant, in one picture of them, while it goes on. Exit status 1 where one is violated. For
staff; books that take longer than two minutes are audited on the server itself.

${REMOTE_HELP}
Example: corehour audit
`,
  async run(args, terminal) {
    const { call, client } = await open(args, terminal, { remote: { type: 'boolean' } })
    const result = await client.staff.audit({}, { timeout: TIMEOUT_MS })
    const { checked, violations } = result
    call.print(result, () => {
      if (violations.length === 0) return `${checked} invariants hold\n`
      return `${violations.length} of ${checked} invariants VIOLATED\n${violationsText(violations)}`
    })
    return violations.length > 0 ? EXIT.failed : EXIT.done
  },
}

const ROWS_SHOWN = 5

/** Which invariants are violated, what they mean, and the first rows of each. */
export function violationsText(
  violations: readonly { invariant: string; meaning: string; rows: readonly unknown[]; more: boolean }[],
): string {
  return violations
    .map(({ invariant, meaning, rows, more }) => {
      const where = rows.slice(0, ROWS_SHOWN).map((row) => `    ${JSON.stringify(row)}\n`)
      return `  ${invariant}: ${meaning} ${more ? 'More than ' : ''}${rows.length} ${rows.length === 1 ? 'row' : 'rows'}:\n${where.join('')}`
    })
    .join('')
}
