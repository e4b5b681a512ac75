import { useRef, useState, type ReactNode } from 'react'
import { showInstant } from '../../books/time.ts'
import { Button } from '../../parts/Button.tsx'
import { Confirm } from '../../parts/Confirm.tsx'
import { Name } from '../../parts/Name.tsx'
import { Table } from '../../parts/Table.tsx'
import { When } from '../../parts/When.tsx'
import { useLanguage } from '../../words/index.tsx'
import { useRevoke, type ApiKey } from './useKeys.ts'

/** Keys with what each may do and how it stands; up to tablets each in one cell. */
export function KeyTable(props: {
  rows: readonly ApiKey[]
  /** What a key may do, or for whom, under its title. */
  may(key: ApiKey): ReactNode
  mayTitle: string
  revokes: boolean
  /** What is said where there are none. */
  none: ReactNode
}) {
  const { rows, may, mayTitle, revokes, none } = props
  const { keys: text } = useLanguage().words
  const { ask, dialog } = useRevoking()
  return (
    <>
      {dialog}
      {rows.length === 0 ? (
        none
      ) : (
        <Table
          label={text.title}
          rows={rows}
          keyOf={({ key_id }) => key_id}
          columns={[
            { title: text.key, cell: (key) => <Called of={key} may={may(key)} /> },
            { title: mayTitle, widest: true, cell: may },
            { title: text.made, widest: true, cell: ({ created_at }) => <When at={created_at} /> },
            { title: text.used, widest: true, cell: (key) => <Used of={key} /> },
            { title: text.expires, widest: true, cell: (key) => <Expires of={key} /> },
            {
              title: text.revoke,
              untitled: true,
              right: true,
              cell: (key) => <End of={key} {...(revokes && { onRevoke: () => ask(key) })} />,
            },
          ]}
        />
      )}
    </>
  )
}

/** Asks before a key is revoked, saying what stops. */
function useRevoking() {
  const { language, words } = useLanguage()
  const { keys: text } = words
  const told = useRef<HTMLParagraphElement>(null)
  const revoke = useRevoke()
  const [asked, setAsked] = useState<ApiKey>()
  const close = () => {
    setAsked(undefined)
    revoke.reset()
  }
  const sure = (key: ApiKey) => !revoke.isPending && revoke.mutate(key, { onSuccess: () => setAsked(undefined) })
  const hint =
    asked &&
    [
      asked.state === 'expired' ? text.revokeExpired : text.revokeHints[asked.scope],
      asked.last_used_at === null ? text.wasNeverUsed : text.wasUsed(showInstant(asked.last_used_at, language)),
    ].join(language === 'zh' ? '' : ' ')
  return {
    ask: (key: ApiKey) => {
      revoke.reset()
      setAsked(key)
    },
    dialog: (
      <>
        <p
          ref={told}
          role="status"
          tabIndex={-1}
          className="px-5 py-3 text-small text-pine outline-none empty:hidden sm:px-6"
        >
          {revoke.data && text.isRevoked(revoke.data.name)}
        </p>
        <Confirm
          open={asked !== undefined}
          title={text.revokeTitle(asked?.name ?? '')}
          hint={hint ?? ''}
          yes={text.revoke}
          busy={revoke.isPending}
          error={revoke.error}
          finalFocus={() => (told.current?.textContent ? told.current : true)}
          onYes={() => asked && sure(asked)}
          onNo={close}
        />
      </>
    ),
  }
}

function Called({ of: key, may }: { of: ApiKey; may: ReactNode }) {
  const { keys: text } = useLanguage().words
  const { state, name, created_at, revoked_at } = key
  const facts: [string, ReactNode][] = [
    [text.made, <When at={created_at} />],
    [text.used, <Used of={key} />],
    revoked_at === null ? [text.expires, <Expires of={key} />] : [text.revokedAt, <When at={revoked_at} />],
  ]
  return (
    <div className="min-w-48 lg:min-w-44">
      <span className={state === 'revoked' ? 'text-soft' : 'font-medium'}>
        <Name of={name} />
      </span>
      {/* Where there is no room for their columns. */}
      <div className="mt-1 lg:hidden">
        {may}
        <dl className="mt-1.5 grid gap-1 text-tiny sm:grid-cols-3 sm:gap-x-4">
          {facts.map(([title, fact]) => (
            <div key={title} className="flex gap-x-2 sm:block">
              <dt className="text-soft max-sm:w-16">{title}</dt>
              <dd>{fact}</dd>
            </div>
          ))}
        </dl>
      </div>
    </div>
  )
}

function Used({ of: { last_used_at: at } }: { of: ApiKey }) {
  const { keys: text } = useLanguage().words
  return at === null ? <span className="text-soft">{text.never}</span> : <When at={at} />
}

function Expires({ of: { expires_at: at, state } }: { of: ApiKey }) {
  const { keys: text } = useLanguage().words
  if (at === null) return <span className="text-soft">{text.noEnd}</span>
  return (
    <>
      {state === 'expired' && <span className="block font-medium text-amber">{text.expired}</span>}
      <When at={at} />
    </>
  )
}

/** How a key is ended, or since when it is. */
function End({ of: { name, state, revoked_at }, onRevoke }: { of: ApiKey; onRevoke?: () => void }) {
  const { keys: text } = useLanguage().words
  if (state === 'revoked')
    return (
      <span className="text-soft">
        <span className="block font-medium">{text.revoked}</span>
        <span className="max-lg:hidden">
          <When at={revoked_at!} />
        </span>
      </span>
    )
  if (!onRevoke) return null
  return (
    <Button look="bare" className="-my-2.5 -mr-4" popup="dialog" label={`${text.revoke}: ${name}`} onPress={onRevoke}>
      {text.revoke}
    </Button>
  )
}
