import { EXIT, readArgs, UsageError, type Verb } from '@corehour/cli'
import { parseInstant, SYSTEM, transact } from '../../base/index.ts'
import { createKey, type KeyInput } from '../../identity/index.ts'
import { join } from 'node:path'
import { appOn, CHOICE, openBooks } from './books.ts'
import { configOf, readInput } from './verb.ts'

export const keyVerb: Verb = {
  summary: "makes an API key in the server's books: the first one",
  help: `corehour key create --scope staff|platform|customer --name NAME [options]

Writes into the books directly, so it needs no key: for the operator, on the server. Further keys are made with corehour keys.

  --scope SCOPE         staff, platform or customer
  --name NAME           what it is for
  --source SOURCE       of a platform: whose events it may send; may be given several times
  --user USER           of a customer: the user's id
  --expires INSTANT     such as 2027-01-01T00:00:00Z; never where left out
  --test-clock          in the books of a server started with --test-clock
  --database URL        in the books in this PostgreSQL database
  --json                print one JSON object
  --lang en|zh          the language of refusals

Example: corehour key create --scope staff --name me
`,
  async run(args, terminal) {
    const options = {
      scope: { type: 'string' },
      name: { type: 'string' },
      source: { type: 'string', multiple: true },
      user: { type: 'string' },
      expires: { type: 'string' },
      'test-clock': { type: 'boolean' },
      database: CHOICE.database,
      json: { type: 'boolean' },
    } as const
    const { values, positionals } = readArgs(args, options, 1)
    if (positionals[0] !== 'create') throw new UsageError('there is key create; the rest is in corehour keys')
    const input = inputOf(values)
    const config = configOf()
    const folder = values['test-clock'] ? join(config.dataFolder, 'test-clock') : config.dataFolder
    const choice = values.database === undefined ? { live: true } : { database: values.database }
    const books = await openBooks({ ...config, dataFolder: folder }, choice, 'live', (line) =>
      terminal.note(`corehour: ${line}\n`),
    )
    try {
      const { key, secret } = await transact(appOn(books, config), SYSTEM, (tx) => createKey(tx, input))
      terminal.out(
        values.json
          ? `${JSON.stringify({ key_id: key.keyId, scope: key.scope, secret }, undefined, 2)}\n`
          : `${secret}\n`,
      )
      if (!values.json) terminal.note('corehour: keep it well: it is not shown again\n')
      return EXIT.done
    } finally {
      await books.close()
    }
  },
}

type Values = { scope?: string; name?: string; source?: string[]; user?: string; expires?: string }

function inputOf({ scope, name, source, user, expires }: Values): KeyInput {
  if (name === undefined) throw new UsageError('--name NAME is needed: what the key is for')
  const common = { name, ...(expires !== undefined && { expiresAt: readInput(() => parseInstant(expires)) }) }
  switch (scope) {
    case 'staff':
      return { ...common, scope }
    case 'platform':
      if (!source) throw new UsageError('a platform key needs --source: whose events it may send')
      return { ...common, scope, sources: source }
    case 'customer':
      if (user === undefined) throw new UsageError("a customer key needs --user: the user's id")
      return { ...common, scope, userId: user }
    default:
      throw new UsageError('--scope is staff, platform or customer')
  }
}
