import { ACTING, ACTING_HELP, confirm, open, REMOTE_HELP, type Call } from '../call.ts'
import { localInstant, localTime, localZone, paint, readInstant } from '../show.ts'
import { table } from '../table.ts'
import { EXIT, UsageError, type Terminal, type Verb } from '../verb.ts'

const SCOPES = ['customer', 'platform', 'staff'] as const
const OPTIONS = {
  scope: { type: 'string' },
  source: { type: 'string', multiple: true },
  user: { type: 'string' },
  expires: { type: 'string' },
  ...ACTING,
} as const

export const keysVerb: Verb = {
  summary: 'API keys: list, create, revoke',
  help: `corehour keys [--scope customer|platform|staff] [options]
corehour keys create NAME [--scope customer|platform|staff] [--source SOURCE] [--user USER] [--expires DAY]
corehour keys revoke KEY [--yes]

A key's secret is shown once. The first key of a server is made on it: corehour key create --help

  --scope SCOPE         for staff: only keys of this scope, or whose key it will be; a customer makes keys of their own
  --source SOURCE       whose events a platform's key may send; may be given several times
  --user USER           whose key a customer's will be: the user's id
  --expires DAY|INSTANT such as 2027-01-01 or 2027-01-01T00:00:00Z; never where left out
${ACTING_HELP}${REMOTE_HELP}
Example: corehour keys create laptop
`,
  words: ['create', 'revoke'],
  async run(args, terminal) {
    const { call, client, values, positionals } = await open(args, terminal, OPTIONS, { most: 2 })
    const [verb = 'list', which] = positionals
    const scope = readScope(values.scope)
    if (verb === 'list') return list(call, scope, terminal)
    if (verb !== 'create' && verb !== 'revoke') throw new UsageError(`there is create and revoke, not '${verb}'`)
    if (which === undefined) throw new UsageError(`${verb} needs ${verb === 'create' ? 'a NAME' : "the KEY's id"}`)
    if (verb === 'create') return create(call, which, { ...values, scope }, terminal)
    const own = which === call.me?.key_id ? ', the key of this very command,' : ''
    if (!(await confirm(terminal, `Revoke ${which}${own} at once and for good?`, values.yes))) return EXIT.failed
    const key = await client.keys.revoke({ key_id: which })
    call.print(key, () => `${key.name} is revoked\n`)
    return EXIT.done
  },
}

type Scope = (typeof SCOPES)[number]

function readScope(text: string | undefined): Scope | undefined {
  const scope = SCOPES.find((each) => each === text)
  if (text !== undefined && !scope) throw new UsageError(`--scope is ${SCOPES.join(', ')}, not '${text}'`)
  return scope
}

async function list({ client, print }: Call, scope: Scope | undefined, terminal: Terminal): Promise<number> {
  const data = await Array.fromAsync(client.keys.list.each({ scope, limit: 1000 }))
  print({ data, has_more: false, next_cursor: null }, () => {
    const columns = [
      { title: 'Key' },
      { title: 'Name' },
      { title: 'Scope' },
      { title: 'Sources' },
      { title: `Used last (${localZone()})` },
      { title: '' },
    ]
    const cells = data.map((key) => [
      key.key_id,
      key.name,
      key.scope,
      key.sources.join(', '),
      localTime(key.last_used_at, 'never'),
      key.state !== 'usable'
        ? paint(terminal, 'dim', key.state)
        : key.expires_at === null
          ? ''
          : `until ${localTime(key.expires_at)}`,
    ])
    return table(columns, cells)
  })
  return EXIT.done
}

type Values = {
  scope: Scope | undefined
  source?: string[]
  user?: string
  expires?: string
  'idempotency-key'?: string
}

async function create(
  { client, print, json }: Call,
  name: string,
  values: Values,
  terminal: Terminal,
): Promise<number> {
  const { scope } = values
  const expires_at = values.expires === undefined ? undefined : readInstant('expires', values.expires)
  const input = { name, scope, user_id: values.user, sources: values.source, expires_at }
  const made = await client.keys.create(input, { idempotencyKey: values['idempotency-key'] })
  if (made.secret === null && !json) {
    terminal.note(
      `corehour: ${made.key.key_id} was made before, and its secret shown then; revoke it and make another\n`,
    )
    return EXIT.failed
  }
  print(made, () => `${made.secret}\n`)
  const until = made.key.expires_at === null ? '' : `; it expires ${localInstant(made.key.expires_at)}`
  if (!json) terminal.note(`corehour: ${made.key.key_id}: keep the secret well: it is not shown again${until}\n`)
  return EXIT.done
}
