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

/** How far it has come: how many were added of what was typed, and who could not be, why. `left`: how many were not reached. */
type Told = { added: number; missed: { email: string; why: string }[]; left: number }
const NOTHING: Told = { added: 0, missed: [], left: 0 }

/** Takes several people in by their addresses, one after the other; who is not taken in stays in the box, with the reason. */
export function AddMembers({ projectId }: { projectId: string }) {
  const words = useWords()
  const [typed, setTyped] = useState('')
  const [role, setRole] = useState<'admin' | 'member'>('member')
  const text = words.projects
  const { add, isAdding, error, told, forget } = useAdding(projectId, { typed, role, onLeft: setTyped })
  const emails = [...new Set(typed.split(/[\s,;，；]+/).filter((each) => each !== ''))]
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (emails.length > 0) add(emails)
  }
  return (
    <Sheet title={text.addMembers} hint={text.addHint}>
      <form onSubmit={submit} className="grid gap-3">
        <textarea
          aria-label={text.addMembers}
          value={typed}
          rows={4}
          // What is typed meanwhile would be lost with those that are added.
          readOnly={isAdding}
          onChange={({ target }) => {
            forget()
            setTyped(target.value)
          }}
          className="w-full rounded-field border border-edge bg-sheet px-3 py-2 text-small read-only:text-soft"
        />
        <Choice
          label={text.role}
          value={role}
          disabled={isAdding}
          onChange={({ target }) => setRole(target.value as 'member')}
        >
          <option value="member">{text.roles.member}</option>
          <option value="admin">{text.roles.admin}</option>
        </Choice>
        <Button type="submit" look="main" busy={isAdding} disabled={emails.length === 0}>
          {isAdding ? text.adding(emails.length) : text.add}
        </Button>
        {error && <Failure error={error} />}
        {!isAdding && (
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
  const mutationKey = ['add members', projectId]
  const adding = useMutation({
    mutationKey,
    mutationFn: async (emails: readonly string[]) => {
      // Pressed again for those who were left, it goes on counting.
      const now: Told = { ...NOTHING, added: told.added, missed: [] }
      const left = new Set(emails)
      try {
        for (const [n, email] of emails.entries()) {
          const asked = { project_id: projectId, email, role }
          const why = await client.projects
            .addMember(asked, { idempotencyKey: `${key}-${n}` })
            .then(() => void left.delete(email), whyNot)
          if (why === undefined) now.added++
          else now.missed.push({ email, why })
        }
      } finally {
        tell({ ...now, left: left.size - now.missed.length })
        // Whoever was added without an answer stays as well: added again, they are what they are.
        if (left.size < emails.length) onLeft([...left].join('\n'))
      }
    },
    onSettled: () => queries.invalidateQueries({ queryKey: ['members', projectId] }),
  })
  return {
    // Pressed twice within a moment, the page does not know yet that it is under way.
    add: (emails: readonly string[]) => queries.isMutating({ mutationKey }) === 0 && adding.mutate(emails),
    isAdding: adding.isPending,
    error: adding.error,
    told,
    forget: () => tell(NOTHING),
  }
}

/** Why one address was not added. @throws what holds for all of them. */
function whyNot(error: unknown): string {
  if (error instanceof CorehourError && OF_ONE.includes(error.code)) return error.detail
  throw error
}
