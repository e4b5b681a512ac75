import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { showInstant } from '../../books/time.ts'
import { useClient } from '../../books/useBooks.ts'
import { Button } from '../../parts/Button.tsx'
import { Sheet } from '../../parts/Sheet.tsx'
import { Failure, Waiting } from '../../parts/States.tsx'
import { useLanguage } from '../../words/index.tsx'

/** Where one is signed in; each can be ended from here. */
export function Sessions() {
  const { language, words } = useLanguage()
  const client = useClient()
  const queries = useQueryClient()
  const sessions = useQuery({ queryKey: ['sessions'], queryFn: () => client.sessions.list() })
  const again = () => queries.invalidateQueries({ queryKey: ['sessions'] })
  const end = useMutation({ mutationFn: (id: string) => client.sessions.end({ session_id: id }), onSuccess: again })
  const endOthers = useMutation({ mutationFn: () => client.sessions.endOthers(), onSuccess: again })
  const text = words.settings
  const rows = sessions.data?.data
  const notEnded = end.error ?? endOthers.error
  return (
    <Sheet
      title={text.sessions}
      className="lg:col-span-2"
      actions={
        rows && rows.length > 1 ? (
          <Button look="bare" className="-my-1.5 -mr-4" busy={endOthers.isPending} onPress={() => endOthers.mutate()}>
            {text.endOthers}
          </Button>
        ) : null
      }
    >
      {notEnded && <Failure error={notEnded} />}
      {sessions.error && !rows && <Failure error={sessions.error} retry={() => void sessions.refetch()} />}
      {!rows && !sessions.error && <Waiting className="h-24" />}
      <ul className="grid gap-3 text-small">
        {rows?.map((session) => (
          <li
            key={session.session_id}
            className="flex items-start justify-between gap-4 border-b border-line pb-3 last:border-0 last:pb-0"
          >
            <div className="min-w-0">
              <p className="truncate font-medium" title={session.device}>
                {shortDevice(session.device)}{' '}
                {session.current && <span className="font-normal text-pine">{text.thisOne}</span>}
              </p>
              <p className="text-soft">
                {session.address} · {text.lastSeen(showInstant(session.last_seen_at, language))}
              </p>
            </div>
            {!session.current && (
              <Button look="bare" className="-mr-4" onPress={() => end.mutate(session.session_id)}>
                {text.end}
              </Button>
            )}
          </li>
        ))}
      </ul>
    </Sheet>
  )
}

/** `Firefox, Linux` of what a browser says of itself; what says neither stays as it is. */
function shortDevice(device: string): string {
  const browser = /\b(Edg|OPR|Firefox|Chrome|Safari)\//.exec(device)?.[1]
  const system = /\b(Windows|Android|iPhone|iPad|Mac OS X|Linux)\b/.exec(device)?.[1]
  const names: Record<string, string> = { Edg: 'Edge', OPR: 'Opera', 'Mac OS X': 'macOS' }
  const parts = [browser, system].flatMap((part) => (part === undefined ? [] : (names[part] ?? part)))
  return parts.length > 0 ? parts.join(', ') : device.slice(0, 60)
}
