import { confirm, open, REMOTE_HELP } from '../call.ts'
import { projectOf } from '../filter.ts'
import { localTime } from '../show.ts'
import { table } from '../table.ts'
import { EXIT, UsageError, type Verb } from '../verb.ts'

export const projectsVerb: Verb = {
  summary: 'your projects; create and delete them',
  help: `corehour projects [options]
corehour projects create NAME [--creator USER]
corehour projects delete PROJECT [--yes]

Projects that you created and those that you take part in. Deleting one ends what runs in it; its bills stay.

  --creator USER        whose project it will be, for platforms and staff
  --user USER           whose projects to show, for platforms and staff
  --yes                 don't ask
${REMOTE_HELP}
Example: corehour projects create "Protein folding"
`,
  async run(args, terminal) {
    const options = { creator: { type: 'string' }, user: { type: 'string' }, yes: { type: 'boolean' } } as const
    const { call, client, values, positionals } = open(args, terminal, options, { most: 2 })
    const [verb, name] = positionals
    if (verb === undefined) {
      const found = (['created', 'joined'] as const).map(async (view) => {
        const projects = await Array.fromAsync(client.projects.list.each({ view, user_id: values.user, limit: 1000 }))
        return projects.map((project) => ({ view, ...project }))
      })
      const rows = (await Promise.all(found)).flat()
      call.print({ data: rows }, () =>
        rows.length === 0
          ? 'No projects yet: corehour projects create NAME\n'
          : table(
              [{ title: 'Project' }, { title: 'Id' }, { title: 'You' }, { title: 'Since' }, { title: '' }],
              rows.map((each) => [
                each.name,
                each.project_id,
                each.view === 'created' ? 'pay for it' : 'take part',
                localTime(each.created_at),
                each.deleted_at === null ? '' : 'deleted',
              ]),
            ),
      )
      return EXIT.done
    }
    if (name === undefined) throw new UsageError(`${verb} needs a project`)
    if (verb === 'create') {
      const project = await client.projects.create({ name, creator: values.creator })
      call.print(project, () => `${project.project_id}\n`)
      return EXIT.done
    }
    if (verb !== 'delete') throw new UsageError(`there is create and delete, not '${verb}'`)
    const project_id = await projectOf(client, name)
    const question = `Delete the project ${name}? What runs in it ends now; its bills stay.`
    if (!(await confirm(terminal, question, values.yes))) return EXIT.failed
    const project = await client.projects.remove({ project_id })
    call.print(project, () => `Deleted at ${localTime(project.deleted_at)}\n`)
    return EXIT.done
  },
}

export const membersVerb: Verb = {
  summary: 'who takes part in a project; add, change and remove',
  help: `corehour members PROJECT [options]
corehour members PROJECT add|role|remove USER-OR-EMAIL [--role admin|member]

  PROJECT               its name or id
  --role ROLE           admin or member; member where left out
${REMOTE_HELP}
Example: corehour members "Protein folding" add charles@example.org --role admin
`,
  async run(args, terminal) {
    const { call, client, values, positionals } = open(
      args,
      terminal,
      { role: { type: 'string' } },
      { least: 1, most: 3, names: 'PROJECT' },
    )
    const [name, verb, who] = positionals
    const project_id = await projectOf(client, name!)
    const role = values.role ?? 'member'
    if (role !== 'admin' && role !== 'member') throw new UsageError(`--role is admin or member, not '${role}'`)
    const list = async () => (await client.projects.members({ project_id })).data
    if (verb === undefined) {
      const data = await list()
      call.print({ data }, () =>
        table(
          [{ title: 'Member' }, { title: 'Id' }, { title: 'Role' }, { title: 'E-mail' }, { title: '' }],
          data.map((each) => [
            each.name,
            each.user_id,
            each.role,
            each.email ?? '',
            each.removed_at === null ? '' : 'removed',
          ]),
        ),
      )
      return EXIT.done
    }
    if (who === undefined) throw new UsageError(`${verb} needs a user's id or e-mail`)
    if (verb === 'add') {
      const member = await client.projects.addMember({
        project_id,
        role,
        ...(who.startsWith('user_') ? { user_id: who } : { email: who }),
      })
      call.print(member, () => `${member.name} is ${member.role} now\n`)
      return EXIT.done
    }
    const user_id = who.startsWith('user_')
      ? who
      : (await list()).find(({ email, name }) => email === who || name === who)?.user_id
    if (user_id === undefined) throw new UsageError(`'${who}' does not take part in ${name}`)
    if (verb !== 'role' && verb !== 'remove') throw new UsageError(`there is add, role and remove, not '${verb}'`)
    const member =
      verb === 'role'
        ? await client.projects.setRole({ project_id, user_id, role })
        : await client.projects.removeMember({ project_id, user_id })
    call.print(member, () =>
      verb === 'role' ? `${member.name} is ${member.role} now\n` : `${member.name} is removed\n`,
    )
    return EXIT.done
  },
}
