import { confirm, open, REMOTE_HELP } from '../call.ts'
import { localTime } from '../show.ts'
import { table } from '../table.ts'
import { EXIT, UsageError, type Verb } from '../verb.ts'

const SCOPES = ['customer', 'platform', 'staff'] as const

export const keysVerb: Verb = {
  summary: 'API keys: list, create, revoke',
  help: `corehour keys [options]
corehour keys create NAME [--scope customer|platform|staff] [--source SOURCE] [--user USER] [--expires INSTANT]
corehour keys revoke KEY [--yes]

A key's secret is shown once. The first key of a server is made on it: corehour key create --help

  --scope SCOPE         for staff: whose key; a customer makes keys of their own
  --source SOURCE       whose events a platform's key may send; may be given several times
  --user USER           whose key a customer's will be
  --expires INSTANT     such as 2027-01-01T00:00:00Z; never where left out
${REMOTE_HELP}
Example: corehour keys create laptop
`,
  async run(args, terminal) {
    const options = {
      scope: { type: 'string' },
      source: { type: 'string', multiple: true },
      user: { type: 'string' },
      expires: { type: 'string' },
      yes: { type: 'boolean' },
    } as const
    const { call, client, values, positionals } = open(args, terminal, options, { most: 2 })
    const [verb, which] = positionals
    if (verb === undefined) {
      const rows = await Array.fromAsync(client.keys.list.each({ limit: 1000 }))
      call.print({ data: rows }, () =>
        table(
          [{ title: 'Key' }, { title: 'Name' }, { title: 'Scope' }, { title: 'Used last' }, { title: '' }],
          rows.map((key) => [
            key.key_id,
            key.name,
            key.scope,
            localTime(key.last_used_at, 'never'),
            key.revoked_at !== null ? 'revoked' : key.expires_at === null ? '' : `until ${localTime(key.expires_at)}`,
          ]),
        ),
      )
      return EXIT.done
    }
    if (which === undefined) throw new UsageError(`${verb} needs a ${verb === 'create' ? 'NAME' : 'KEY'}`)
    if (verb === 'create') {
      const scope = SCOPES.find((each) => each === values.scope)
      if (values.scope !== undefined && !scope)
        throw new UsageError(`--scope is ${SCOPES.join(', ')}, not '${values.scope}'`)
      const made = await client.keys.create({
        name: which,
        scope,
        user_id: values.user,
        sources: values.source,
        expires_at: values.expires,
      })
      call.print(made, () => `${made.secret}\n`)
      if (!call.json) terminal.note('corehour: keep it well: it is not shown again\n')
      return EXIT.done
    }
    if (verb !== 'revoke') throw new UsageError(`there is create and revoke, not '${verb}'`)
    if (!(await confirm(terminal, `Revoke ${which} for good?`, values.yes))) return EXIT.failed
    const key = await client.keys.revoke({ key_id: which })
    call.print(key, () => `${key.name} is revoked\n`)
    return EXIT.done
  },
}
