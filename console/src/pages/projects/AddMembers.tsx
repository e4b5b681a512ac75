import { CorehourError } from '@corehour/sdk'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState, type FormEvent } from 'react'
import { useClient } from '../../books/useBooks.ts'
import { useKey } from '../../books/useKey.ts'
import { Button } from '../../parts/Button.tsx'
import { Choice } from '../../parts/Field.tsx'
import { Sheet } from '../../parts/Sheet.tsx'
import { Failure } from '../../parts/States.tsx'
import { useWords } from '../../words/index.tsx'

/** Of one address; every other refusal, and no answer, is of all that would follow. */
const OF_ONE = ['unknown_user', 'ambiguous_user', 'already_member', 'bad_request']

/** How far it has come: how many were added, and who could not be, why. `left`: who was not reached. */
type Told = { added: number; missed: { email: string; why: string }[]; left: number }
const NOTHING: Told = { added: 0, missed: [], left: 0 }

/** Takes several people in by their addresses, one after the other; who is not taken in stays in the box, with the reason. */
export function AddMembers({ projectId }: { projectId: string }) {
  const words = useWords()
  const [typed, setTyped] = useState('')
  const [role, setRole] = useState<'admin' | 'member'>('member')
  const text = words.projects
  const { add, told } = useAdding(projectId, { typed, role, onLeft: setTyped })
  const emails = [...new Set(typed.split(/[\s,;，；]+/).filter((each) => each !== ''))]
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (emails.length > 0 && !add.isPending) add.mutate(emails)
  }
  return (
    <Sheet title={text.addMembers} hint={text.addHint}>
      <form onSubmit={submit} className="grid gap-3">
        <textarea
          aria-label={text.addMembers}
          value={typed}
          rows={4}
          // What is typed meanwhile would be lost with those that are added.
          readOnly={add.isPending}
          onChange={({ target }) => setTyped(target.value)}
          className="w-full rounded-field border border-edge bg-sheet px-3 py-2 text-small read-only:text-soft"
        />
        <Choice
          label={text.role}
          value={role}
          disabled={add.isPending}
          onChange={({ target }) => setRole(target.value as 'member')}
        >
          <option value="member">{text.roles.member}</option>
          <option value="admin">{text.roles.admin}</option>
        </Choice>
        <Button type="submit" look="main" busy={add.isPending} disabled={emails.length === 0}>
          {add.isPending && emails.length > 1
            ? text.adding(told.added + told.missed.length, emails.length)
            : text.add}
        </Button>
        {add.error && <Failure error={add.error} />}
        {!add.isPending && (
          <div aria-live="polite" className="text-small">
            {told.added > 0 && <p className="text-pine">{text.added(told.added)}</p>}
            {told.left > 0 && <p className="mt-1 text-owed">{text.notReached(told.left)}</p>}
            {told.missed.map(({ email, why }) => (
              <p key={email} className="mt-1 text-owed">
                {text.notAdded}: {email}. {why}
              </p>
            ))}
          </div>
        )}
      </form>
    </Sheet>
  )
}

/** Adds one address after the other, until all are done or none can be; hands back those that were not added. */
function useAdding(
  projectId: string,
  { typed, role, onLeft }: { typed: string; role: 'admin' | 'member'; onLeft(typed: string): void },
) {
  const client = useClient()
  const queries = useQueryClient()
  const [told, tell] = useState(NOTHING)
  const key = useKey(typed, role)
  const add = useMutation({
    mutationFn: async (emails: readonly string[]) => {
      let now = NOTHING
      const left = new Set(emails)
      try {
        for (const [n, email] of emails.entries()) {
          const asked = { project_id: projectId, email, role }
          const why = await client.projects
            .addMember(asked, { idempotencyKey: `${key}-${n}` })
            .then(() => void left.delete(email), whyNot)
          const { added, missed } = now
          now = why === undefined ? { ...now, added: added + 1 } : { ...now, missed: [...missed, { email, why }] }
          tell(now)
        }
      } finally {
        tell({ ...now, left: left.size - now.missed.length })
        // Whoever was added without an answer stays as well: added again, they are what they are.
        if (now.added > 0) onLeft([...left].join('\n'))
      }
    },
    onMutate: () => tell(NOTHING),
    onSettled: () => queries.invalidateQueries({ queryKey: ['members', projectId] }),
  })
  return { add, told }
}

/** Why one address was not added. @throws what holds for all of them. */
function whyNot(error: unknown): string {
  if (error instanceof CorehourError && OF_ONE.includes(error.code)) return error.detail
  throw error
}
