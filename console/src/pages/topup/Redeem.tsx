import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState, type FormEvent } from 'react'
import { useClient } from '../../books/useBooks.ts'
import { useKey } from '../../books/useKey.ts'
import { Button } from '../../parts/Button.tsx'
import { Field } from '../../parts/Field.tsx'
import { Money } from '../../parts/Money.tsx'
import { Sheet } from '../../parts/Sheet.tsx'
import { Failure } from '../../parts/States.tsx'
import { useWords } from '../../words/index.tsx'

/** An experience card's code becomes money of the account. */
export function Redeem() {
  const { topUp: text } = useWords()
  const client = useClient()
  const queries = useQueryClient()
  const [code, setCode] = useState('')
  const key = useKey(code)
  const redeem = useMutation({
    mutationFn: () => client.cards.redeem({ code }, { idempotencyKey: key }),
    onSuccess: () => {
      setCode('')
      void queries.invalidateQueries({ queryKey: ['account'] })
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (code.trim() !== '' && !redeem.isPending) redeem.mutate()
  }
  return (
    <Sheet title={text.card} hint={text.cardHint}>
      <form onSubmit={submit} className="grid gap-3">
        <Field
          label={text.code}
          value={code}
          autoComplete="off"
          spellCheck={false}
          onChange={({ target }) => setCode(target.value)}
        />
        {redeem.error && <Failure error={redeem.error} title={text.notRedeemed} />}
        {redeem.data && (
          <p role="status" className="rounded-field bg-pine-wash px-4 py-2.5 text-small">
            {text.redeemed} <Money of={redeem.data.card.amount} size="strong" />
          </p>
        )}
        <Button type="submit" busy={redeem.isPending}>
          {text.redeem}
        </Button>
      </form>
    </Sheet>
  )
}
