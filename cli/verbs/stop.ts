import { accountOf, ACTING, ACTING_HELP, confirm, open, REMOTE_HELP, type Call } from '../call.ts'
import { projectOf } from '../filter.ts'
import { EXIT, UsageError, type Verb } from '../verb.ts'

export const stopVerb: Verb = {
  summary: 'ask the platform to stop a job or node, or to delete a node',
  help: `corehour stop JOB [--delete] [options]

Passes the wish on to the platform that runs it. It is charged until the platform says that it has ended; corehour jobs --running shows
what is asked, and why a platform refuses.

  JOB                   its name in corehour jobs, or its span's id
  --delete              delete the node; you are asked first
  --project NAME|ID     in this project; needed where another account pays
  --account ID          for staff: whose
${ACTING_HELP}${REMOTE_HELP}
Example: corehour stop node-1
`,
  async run(args, terminal) {
    const options = {
      delete: { type: 'boolean' },
      project: { type: 'string' },
      account: { type: 'string' },
      ...ACTING,
    } as const
    const { call, client, values, positionals } = await open(args, terminal, options, { least: 1, names: 'JOB' })
    const [job] = positionals as [string]
    const project_id = values.project === undefined ? undefined : await projectOf(call, values.project)
    const named = values.account !== undefined || project_id === undefined
    const where = { project_id, account_id: named ? await accountOf(call, values.account) : undefined }
    const { span_id, subject } = await runningOf(call, where, job)
    const action = values.delete ? 'delete' : 'stop'
    if (values.delete && !(await confirm(terminal, `Delete ${subject}, for good?`, values.yes))) return EXIT.failed
    const asked = await client.commands.ask(
      { span_id, action, ...where },
      { idempotencyKey: values['idempotency-key'] },
    )
    call.print(asked, () => `${asked.source} is asked to ${action} ${subject}; it is charged until it has ended\n`)
    return EXIT.done
  },
}

type Where = { project_id: string | undefined; account_id: string | undefined }

/** @throws UsageError where nothing of that name runs, or several do. */
async function runningOf({ client }: Call, where: Where, job: string) {
  const found = []
  for await (const span of client.spans.list.each({ ...where, running: true, limit: 1000 }))
    if (span.subject === job || span.span_id === job) found.push(span)
  const [only, second] = found
  if (!only) throw new UsageError(`no '${job}' runs: see corehour jobs --running`)
  if (second) throw new UsageError(`several are called '${job}': use the span_id of corehour jobs --running --json`)
  return only
}
