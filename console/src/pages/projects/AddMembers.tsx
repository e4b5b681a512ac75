import { CorehourError } from '@corehour/sdk'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState, type FormEvent } from 'react'
import { isUnauthorized } from '../../books/client.ts'
import { useClient } from '../../books/useBooks.ts'
import { useKey } from '../../books/useKey.ts'
import { Button } from '../../parts/Button.tsx'
import { Choice } from '../../parts/Field.tsx'
import { Sheet } from '../../parts/Sheet.tsx'
import { Failure } from '../../parts/States.tsx'
import { useWords } from '../../words/index.tsx'

type Missed = { email: string; why: string }

/** Takes several people in by their addresses; who could not be taken in stays in the box, with the reason. */
export function AddMembers({ projectId }: { projectId: string }) {
  const words = useWords()
  const client = useClient()
  const queries = useQueryClient()
  const [typed, setTyped] = useState('')
  const [role, setRole] = useState<'admin' | 'member'>('member')
  const text = words.projects
  const key = useKey(typed, role)
  const add = useMutation({
    mutationFn: async (emails: readonly string[]) => {
      const missed: Missed[] = []
      for (const [n, email] of emails.entries()) {
        const asked = { project_id: projectId, email, role }
        await client.projects.addMember(asked, { idempotencyKey: `${key}-${n}` }).catch((error: unknown) => {
          // What is not about this person stops all: the box stays as it is, and pressed again it goes on.
          if (!(error instanceof CorehourError) || isUnauthorized(error)) throw error
          missed.push({ email, why: error.detail })
        })
      }
      return { added: emails.length - missed.length, missed }
    },
    onSuccess: ({ missed }) => {
      setTyped(missed.map(({ email }) => email).join('\n'))
      return queries.invalidateQueries({ queryKey: ['members', projectId] })
    },
  })
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
          onChange={({ target }) => setTyped(target.value)}
          className="w-full rounded-field border border-edge bg-sheet px-3 py-2 text-small"
        />
        <Choice label={text.role} value={role} onChange={({ target }) => setRole(target.value as 'member')}>
          <option value="member">{text.roles.member}</option>
          <option value="admin">{text.roles.admin}</option>
        </Choice>
        <Button type="submit" look="main" busy={add.isPending} disabled={emails.length === 0}>
          {text.add}
        </Button>
        {add.error && <Failure error={add.error} />}
        <div aria-live="polite" className="text-small">
          {add.data && add.data.added > 0 && <p className="text-pine">{text.added(add.data.added)}</p>}
          {add.data?.missed.map(({ email, why }) => (
            <p key={email} className="mt-1 text-owed">
              {text.notAdded}: {email}. {why}
            </p>
          ))}
        </div>
      </form>
    </Sheet>
  )
}
