import { systemClock } from '../../base/index.ts'
import { migrate } from '../migrate.ts'
import { connect, openFolder } from './books.ts'
import { EXIT, readArgs, type Verb } from '@corehour/cli'
import { configOf } from './verb.ts'

export const migrateVerb: Verb = {
  summary: "brings the books' tables to this version",
  help: `corehour migrate [options]

Applies the migrations that the books don't have yet, each once; the server does the same when it starts. Running it again
changes nothing.

  --database URL        this PostgreSQL database; otherwise that of DATABASE_URL, else the data folder's
  --lang en|zh          the language of refusals

Example: corehour migrate --database postgres://corehour@db.example/corehour
`,
  async run(args, terminal) {
    const { values } = readArgs(args, { database: { type: 'string' } })
    const config = configOf()
    const url = values.database ?? config.databaseUrl
    const books =
      url === undefined
        ? await openFolder(config.dataFolder, (line) => terminal.note(`corehour: ${line}\n`))
        : await connect(url)
    try {
      const applied = await migrate(books.database, systemClock)
      terminal.out(applied.length === 0 ? 'nothing to apply\n' : applied.map((name) => `applied ${name}\n`).join(''))
      return EXIT.done
    } finally {
      await books.close()
    }
  },
}
