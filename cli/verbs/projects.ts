import { ACTING, ACTING_HELP, confirm, KEY_HELP, open, REMOTE_HELP, type Call } from '../call.ts'
import { projectOf } from '../filter.ts'
import { localInstant, localTime, localZone } from '../show.ts'
import { table } from '../table.ts'
import { EXIT, UsageError, type Verb } from '../verb.ts'

export const projectsVerb: Verb = {
  summary: 'your projects; create and delete them',
  help: `corehour projects [options]
corehour projects create NAME [--creator USER]
corehour projects delete PROJECT [--yes]

Projects that you created and those that you take part in. Deleting one ends what runs in it; its bills stay.

  PROJECT               its name or id
  --deleted             show deleted ones too
  --creator USER        whose project it will be, for platforms and staff: the user's id
  --user USER           whose projects to show, for platforms and staff: the user's id
${ACTING_HELP}${REMOTE_HELP}
Example: corehour projects create "Protein folding"
`,
  words: ['create', 'delete'],
  async run(args, terminal) {
    const options = {
      creator: { type: 'string' },
      user: { type: 'string' },
      deleted: { type: 'boolean' },
      ...ACTING,
    } as const
    const { call, client, values, positionals } = await open(args, terminal, options, { most: 2 })
    const [verb = 'list', name] = positionals
    const idempotencyKey = values['idempotency-key']
    if (verb === 'list') return list(call, values)
    if (verb !== 'create' && verb !== 'delete') throw new UsageError(`there is create and delete, not '${verb}'`)
    if (name === undefined) throw new UsageError(`${verb} needs a project's name`)
    if (verb === 'create') {
      if (call.me?.scope !== 'customer' && values.creator === undefined)
        throw new UsageError("say whose project it will be: --creator USER, the user's id")
      const project = await client.projects.create({ name, creator: values.creator }, { idempotencyKey })
      call.print(project, () => `${project.project_id}\n`)
      return EXIT.done
    }
    const project_id = await projectOf(call, name)
    const project = await client.projects.get({ project_id })
    const question = `Delete the project ${project.name}? What runs in it ends now; its bills stay.`
    if (!(await confirm(terminal, question, values.yes))) return EXIT.failed
    const deleted = await client.projects.remove({ project_id })
    call.print(deleted, () => `${deleted.name} was deleted at ${localInstant(deleted.deleted_at!)}\n`)
    return EXIT.done
  },
}

async function list({ client, me, print }: Call, values: { user?: string; deleted?: boolean }): Promise<number> {
  if (me?.scope !== 'customer' && values.user === undefined)
    throw new UsageError("say whose projects: --user USER, the user's id")
  const found = (['created', 'joined'] as const).map(async (view) => {
    const projects = await Array.fromAsync(client.projects.list.each({ view, user_id: values.user, limit: 1000 }))
    return projects.map((project) => ({ view, ...project }))
  })
  const data = (await Promise.all(found)).flat().filter((each) => values.deleted || each.deleted_at === null)
  print({ data, has_more: false, next_cursor: null }, () => {
    if (data.length === 0) return 'No projects yet: corehour projects create NAME\n'
    const columns = [
      { title: 'Project' },
      { title: 'Id' },
      { title: 'Part' },
      { title: `Since (${localZone()})` },
      { title: '' },
    ]
    const cells = data.map((each) => [
      each.name,
      each.project_id,
      each.view === 'created' ? 'creator, pays' : 'member',
      localTime(each.created_at),
      each.deleted_at === null ? '' : 'deleted',
    ])
    return table(columns, cells)
  })
  return EXIT.done
}

export const membersVerb: Verb = {
  summary: 'who takes part in a project; add, change and remove',
  help: `corehour members PROJECT [options]
corehour members PROJECT add USER [--role admin|member]
corehour members PROJECT role USER admin|member
corehour members PROJECT remove USER

Members use, the creator's account pays. What a removed member runs goes on and is charged.

  PROJECT               its name or id
  USER                  an e-mail or an id; for role and remove also a name
  --role ROLE           admin or member; member where left out
${KEY_HELP}${REMOTE_HELP}
Example: corehour members "Protein folding" add charles@example.org --role admin
`,
  words: ['add', 'role', 'remove'],
  async run(args, terminal) {
    const options = { role: { type: 'string' }, 'idempotency-key': ACTING['idempotency-key'] } as const
    const operands = { least: 1, most: 4, names: 'PROJECT' }
    const { call, values, positionals } = await open(args, terminal, options, operands)
    const [name, verb, who, role] = positionals
    const project_id = await projectOf(call, name!)
    if (verb === undefined) return listMembers(call, project_id)
    if (!['add', 'role', 'remove'].includes(verb)) throw new UsageError(`there is add, role and remove, not '${verb}'`)
    if (who === undefined) throw new UsageError(`${verb} needs a user's e-mail or id`)
    if (role !== undefined && verb !== 'role') throw new UsageError(`'${role}' is one word too many`)
    const wanted = roleOf(role ?? values.role ?? (verb === 'add' ? 'member' : undefined), verb)
    const key = values['idempotency-key']
    const member =
      verb === 'add'
        ? await add(call, project_id, who, wanted!, key)
        : await change(call, project_id, await memberOf(call, project_id, who), wanted)
    call.print(member, () => `${member.name} ${member.removed_at === null ? `is ${member.role} now` : 'is removed'}\n`)
    return EXIT.done
  },
}

type Role = 'admin' | 'member'

function roleOf(text: string | undefined, verb: string): Role | undefined {
  if (verb === 'remove') return undefined
  if (text === 'admin' || text === 'member') return text
  throw new UsageError(
    text === undefined ? 'say the role: admin or member' : `a role is admin or member, not '${text}'`,
  )
}

function add({ client }: Call, project_id: string, who: string, role: Role, idempotencyKey: string | undefined) {
  const user = who.startsWith('user_') ? { user_id: who } : { email: who }
  return client.projects.addMember({ project_id, role, ...user }, { idempotencyKey })
}

function change({ client }: Call, project_id: string, user_id: string, role: Role | undefined) {
  return role === undefined
    ? client.projects.removeMember({ project_id, user_id })
    : client.projects.setRole({ project_id, user_id, role })
}

async function memberOf({ client }: Call, project_id: string, who: string): Promise<string> {
  if (who.startsWith('user_')) return who
  const { data } = await client.projects.members({ project_id })
  const [found, second] = data.filter((each) => each.removed_at === null && (each.email === who || each.name === who))
  if (!found) throw new UsageError(`'${who}' does not take part in the project`)
  if (second) throw new UsageError(`several members are called '${who}': use the id`)
  return found.user_id
}

async function listMembers({ client, print }: Call, project_id: string): Promise<number> {
  const answer = await client.projects.members({ project_id })
  print(answer, () => {
    const columns = [{ title: 'Member' }, { title: 'Id' }, { title: 'Role' }, { title: 'E-mail' }, { title: '' }]
    const cells = answer.data.map((each) => [
      each.name,
      each.user_id,
      each.role,
      each.email ?? '',
      each.removed_at === null ? '' : 'removed',
    ])
    return table(columns, cells)
  })
  return EXIT.done
}
