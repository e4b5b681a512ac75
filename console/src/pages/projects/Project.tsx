import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useState } from 'react'
import { useClient } from '../../books/useBooks.ts'
import { LOOKS_ONLY } from '../../books/view.ts'
import { Button, ButtonLink } from '../../parts/Button.tsx'
import { Confirm } from '../../parts/Confirm.tsx'
import { PageFailure } from '../../parts/NotFound.tsx'
import { PageHead } from '../../parts/Sheet.tsx'
import { Waiting } from '../../parts/States.tsx'
import { useLanguage } from '../../words/index.tsx'
import { AddMembers } from './AddMembers.tsx'
import { Members } from './Members.tsx'

const route = getRouteApi('/projects/$project')

/** One project: who takes part in it, in which role. */
export function Project() {
  const { words } = useLanguage()
  const client = useClient()
  const { project: projectId } = route.useParams()
  const project = useQuery({
    queryKey: ['project', projectId],
    queryFn: () => client.projects.get({ project_id: projectId }),
  })
  const text = words.projects
  if (project.error && !project.data) return <PageFailure error={project.error} retry={() => void project.refetch()} />
  if (!project.data) return <Waiting className="h-96" />
  const { name, role, deleted_at } = project.data
  const isOpen = deleted_at === null && !LOOKS_ONLY
  const manages = (role === 'creator' || role === 'admin') && isOpen
  return (
    <>
      <PageHead
        title={name}
        lead={deleted_at === null ? role && text.roles[role] : text.deleted}
        actions={
          <>
            <ButtonLink to="/bill" search={{ view: role === 'creator' ? 'created' : 'joined', project: projectId }}>
              {text.bill}
            </ButtonLink>
            {role === 'creator' && isOpen && <Delete projectId={projectId} />}
          </>
        }
      />
      <div className="grid items-start gap-6 *:min-w-0 lg:grid-cols-[minmax(0,1fr)_20rem]">
        <Members projectId={projectId} manages={manages} />
        {manages && <AddMembers projectId={projectId} />}
      </div>
    </>
  )
}

function Delete({ projectId }: { projectId: string }) {
  const { projects: text } = useLanguage().words
  const client = useClient()
  const queries = useQueryClient()
  const [open, setOpen] = useState(false)
  const remove = useMutation({
    mutationFn: () => client.projects.remove({ project_id: projectId }),
    onSuccess: () => {
      setOpen(false)
      return queries.invalidateQueries({ queryKey: ['project'] })
    },
  })
  return (
    <>
      <Button look="danger" popup="dialog" onPress={() => setOpen(true)}>
        {text.delete}
      </Button>
      <Confirm
        {...{ open, busy: remove.isPending, error: remove.error }}
        title={text.deleteTitle}
        hint={text.deleteHint}
        yes={text.delete}
        onNo={() => setOpen(false)}
        onYes={() => remove.mutate()}
      />
    </>
  )
}
