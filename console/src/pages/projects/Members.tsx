import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query'
import { showInstant } from '../../books/time.ts'
import { useClient } from '../../books/useBooks.ts'
import { Button } from '../../parts/Button.tsx'
import { More } from '../../parts/More.tsx'
import { Name } from '../../parts/Name.tsx'
import { Sheet } from '../../parts/Sheet.tsx'
import { Failure, Waiting } from '../../parts/States.tsx'
import { Table } from '../../parts/Table.tsx'
import { useLanguage } from '../../words/index.tsx'

/** Who takes part in a project, in which role; who manages it changes both. */
export function Members({ projectId, manages }: { projectId: string; manages: boolean }) {
  const { words } = useLanguage()
  const client = useClient()
  const queries = useQueryClient()
  const members = useMembers(projectId)
  const again = () => queries.invalidateQueries({ queryKey: ['members', projectId] })
  const remove = useMutation({
    mutationFn: (userId: string) => client.projects.removeMember({ project_id: projectId, user_id: userId }),
    onSuccess: again,
  })
  const setRole = useMutation({
    mutationFn: (to: NewRole) => client.projects.setRole({ project_id: projectId, ...to }),
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
        <Rows rows={rows} manages={manages} busy={setRole.isPending} onRole={setRole.mutate} onRemove={remove.mutate} />
      )}
      <More of={members} />
    </Sheet>
  )
}

type Member = Awaited<ReturnType<ReturnType<typeof useClient>['projects']['members']>>['data'][number]
type NewRole = { user_id: string; role: 'admin' | 'member' }

function Rows(props: {
  rows: Member[]
  manages: boolean
  busy: boolean
  onRole(to: NewRole): void
  onRemove(userId: string): void
}) {
  const { rows, manages, busy, onRole, onRemove } = props
  const { language, words } = useLanguage()
  const text = words.projects
  return (
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
              <>
                <RoleChoice member={member} busy={busy} onChange={onRole} />
                {/* On a phone there is no column for it. */}
                <div className="mt-1 -ml-1 sm:hidden">
                  <Remove member={member} onRemove={onRemove} />
                </div>
              </>
            ) : (
              text.roles[member.role]
            ),
        },
        { title: text.joinedAt, wide: true, cell: ({ joined_at }) => showInstant(joined_at, language) },
        {
          title: text.remove,
          untitled: true,
          right: true,
          wide: true,
          cell: (member) =>
            manages && member.role !== 'creator' ? <Remove member={member} onRemove={onRemove} /> : null,
        },
      ]}
    />
  )
}

function Remove({ member: { user_id, name }, onRemove }: { member: Member; onRemove(userId: string): void }) {
  const { projects: text } = useLanguage().words
  return (
    <Button
      look="bare"
      className="-my-1.5 max-sm:px-1"
      label={`${text.remove}: ${name}`}
      onPress={() => onRemove(user_id)}
    >
      {text.remove}
    </Button>
  )
}

function Who({ name, email }: { name: string; email: string | null }) {
  return (
    <>
      <span className="font-medium">
        <Name of={name} />
      </span>
      {email !== null && <span className="block text-tiny wrap-anywhere text-soft">{email}</span>}
    </>
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
  onChange(to: NewRole): void
}) {
  const { member, busy, onChange } = props
  const { projects: text } = useLanguage().words
  return (
    <select
      aria-label={`${text.role}: ${member.name}`}
      value={member.role}
      disabled={busy}
      onChange={({ target }) => onChange({ user_id: member.user_id, role: target.value as 'admin' | 'member' })}
      className="min-h-8 appearance-none rounded-field border border-line bg-sheet bg-(image:--arrow) bg-[position:right_0.5rem_center] bg-no-repeat pr-7 pl-2.5"
    >
      <option value="member">{text.roles.member}</option>
      <option value="admin">{text.roles.admin}</option>
    </select>
  )
}
