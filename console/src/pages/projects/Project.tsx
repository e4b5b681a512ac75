import { AlertDialog } from '@base-ui/react/alert-dialog'
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useState } from 'react'
import { showInstant } from '../../books/time.ts'
import { useClient } from '../../books/useBooks.ts'
import { Button, ButtonLink } from '../../parts/Button.tsx'
import { More } from '../../parts/More.tsx'
import { PageFailure } from '../../parts/NotFound.tsx'
import { PageHead, Sheet } from '../../parts/Sheet.tsx'
import { Failure, Waiting } from '../../parts/States.tsx'
import { Table } from '../../parts/Table.tsx'
import { useLanguage } from '../../words/index.tsx'
import { AddMembers } from './AddMembers.tsx'

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
  const manages = (role === 'creator' || role === 'admin') && deleted_at === null
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
            {role === 'creator' && deleted_at === null && <Delete projectId={projectId} />}
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

function Members({ projectId, manages }: { projectId: string; manages: boolean }) {
  const { language, words } = useLanguage()
  const client = useClient()
  const queries = useQueryClient()
  const members = useMembers(projectId)
  const again = () => queries.invalidateQueries({ queryKey: ['members', projectId] })
  const remove = useMutation({
    mutationFn: (userId: string) => client.projects.removeMember({ project_id: projectId, user_id: userId }),
    onSuccess: again,
  })
  const setRole = useMutation({
    mutationFn: (to: { user_id: string; role: 'admin' | 'member' }) =>
      client.projects.setRole({ project_id: projectId, ...to }),
    onSuccess: again,
  })
  const notDone = remove.error ?? setRole.error
  const rows = members.data?.pages.flatMap(({ data }) => data).filter(({ removed_at }) => removed_at === null)
  const text = words.projects
  return (
    <Sheet title={text.members} flush>
      {(notDone ?? (rows ? null : members.error)) && (
        <div className="px-6 pb-4">
          {notDone ? (
            <Failure error={notDone} />
          ) : (
            <Failure error={members.error} retry={() => void members.refetch()} />
          )}
        </div>
      )}
      {!rows && !members.error && <Waiting className="m-6 h-40" />}
      {rows && (
        <Table
          label={text.members}
          rows={rows}
          keyOf={({ user_id }) => user_id}
          columns={[
            {
              title: text.name,
              cell: ({ name, email }) => <Who name={name} email={email} />,
            },
            {
              title: text.role,
              cell: (member) =>
                manages && member.role !== 'creator' ? (
                  <RoleChoice member={member} busy={setRole.isPending} onChange={(to) => setRole.mutate(to)} />
                ) : (
                  text.roles[member.role]
                ),
            },
            { title: text.joinedAt, wide: true, cell: ({ joined_at }) => showInstant(joined_at, language) },
            {
              title: text.remove,
              untitled: true,
              right: true,
              cell: ({ user_id, role, name }) =>
                manages && role !== 'creator' ? (
                  <Button
                    look="bare"
                    className="-my-1.5 max-sm:px-1"
                    label={`${text.remove}: ${name}`}
                    onPress={() => remove.mutate(user_id)}
                  >
                    {text.remove}
                  </Button>
                ) : null,
            },
          ]}
        />
      )}
      <More of={members} />
    </Sheet>
  )
}

function Who({ name, email }: { name: string; email: string | null }) {
  return (
    <span dir="auto" className="wrap-anywhere">
      <span className="font-medium">{name}</span>
      {email !== null && <span className="block text-tiny text-soft">{email}</span>}
    </span>
  )
}

function useMembers(projectId: string) {
  const client = useClient()
  return useInfiniteQuery({
    queryKey: ['members', projectId],
    queryFn: ({ pageParam }) => client.projects.members({ project_id: projectId, limit: 100, cursor: pageParam }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next_cursor ?? undefined,
  })
}

function RoleChoice(props: {
  member: { user_id: string; name: string; role: string }
  busy: boolean
  onChange(to: { user_id: string; role: 'admin' | 'member' }): void
}) {
  const { member, busy, onChange } = props
  const { projects: text } = useLanguage().words
  return (
    <select
      aria-label={`${text.role}: ${member.name}`}
      value={member.role}
      disabled={busy}
      onChange={({ target }) => onChange({ user_id: member.user_id, role: target.value as 'admin' | 'member' })}
      className="min-h-8 rounded-field border border-line bg-sheet px-2"
    >
      <option value="member">{text.roles.member}</option>
      <option value="admin">{text.roles.admin}</option>
    </select>
  )
}

function Delete({ projectId }: { projectId: string }) {
  const { words } = useLanguage()
  const client = useClient()
  const queries = useQueryClient()
  const [open, setOpen] = useState(false)
  const text = words.projects
  const remove = useMutation({
    mutationFn: () => client.projects.remove({ project_id: projectId }),
    onSuccess: () => {
      setOpen(false)
      return queries.invalidateQueries({ queryKey: ['project'] })
    },
  })
  return (
    <AlertDialog.Root open={open} onOpenChange={setOpen}>
      <AlertDialog.Trigger className="inline-flex min-h-10 items-center rounded-field border border-line bg-sheet px-4 text-small font-medium text-owed hover:border-owed hover:bg-owed-wash">
        {text.delete}
      </AlertDialog.Trigger>
      <AlertDialog.Portal>
        <AlertDialog.Backdrop className="fixed inset-0 z-50 bg-black/40" />
        <AlertDialog.Popup className="fixed top-1/2 left-1/2 z-50 w-[min(28rem,calc(100vw-2rem))] -translate-1/2 rounded-sheet border border-line bg-sheet p-6 shadow-float">
          <AlertDialog.Title className="text-lead font-semibold">{text.deleteTitle}</AlertDialog.Title>
          <AlertDialog.Description className="mt-1 text-small text-soft">{text.deleteHint}</AlertDialog.Description>
          {remove.error && <Failure error={remove.error} />}
          <div className="mt-5 flex justify-end gap-2">
            <AlertDialog.Close className="inline-flex min-h-10 items-center rounded-field px-4 text-small font-medium text-soft hover:bg-wash">
              {words.common.cancel}
            </AlertDialog.Close>
            <Button look="danger" busy={remove.isPending} onPress={() => remove.mutate()}>
              {text.delete}
            </Button>
          </div>
        </AlertDialog.Popup>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  )
}
