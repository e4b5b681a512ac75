import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query'
import { useClient, useMe } from '../../books/useBooks.ts'
import { Button } from '../../parts/Button.tsx'
import { More } from '../../parts/More.tsx'
import { PageHead, Sheet } from '../../parts/Sheet.tsx'
import { Empty, Failure, Waiting } from '../../parts/States.tsx'
import { When } from '../../parts/When.tsx'
import { useLanguage } from '../../words/index.tsx'

/** What the reader was told, the newest first. */
export function Messages() {
  const { language, words } = useLanguage()
  const client = useClient()
  const { data: me } = useMe()
  const messages = useInfiniteQuery({
    queryKey: ['messages', language],
    queryFn: ({ pageParam }) => client.messages.list({ limit: 20, cursor: pageParam }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next_cursor ?? undefined,
    enabled: me?.scope === 'customer',
  })
  const rows = messages.data?.pages.flatMap(({ data }) => data)
  const text = words.messages
  return (
    <>
      <PageHead title={text.title} lead={text.lead} />
      {messages.error && !rows && <Failure error={messages.error} retry={() => void messages.refetch()} />}
      {!rows && !messages.error && <Waiting className="h-96" />}
      {rows?.length === 0 && (
        <Sheet>
          <Empty title={text.none} hint={text.noneHint} />
        </Sheet>
      )}
      <ul className="grid gap-4">
        {rows?.map((message) => (
          <One key={message.message_id} message={message} />
        ))}
      </ul>
      <More of={messages} />
    </>
  )
}

type Message = Awaited<ReturnType<ReturnType<typeof useClient>['messages']['list']>>['data'][number]

function One({ message }: { message: Message }) {
  const { messages: text } = useLanguage().words
  const client = useClient()
  const queries = useQueryClient()
  const read = useMutation({
    mutationFn: () => client.messages.read({ message_id: message.message_id }),
    onSuccess: () =>
      Promise.all([
        queries.invalidateQueries({ queryKey: ['messages'] }),
        queries.invalidateQueries({ queryKey: ['unread'] }),
      ]),
  })
  const isNew = message.read_at === null
  return (
    <li className={`rounded-sheet border bg-sheet px-5 py-4 sm:px-6 ${isNew ? 'border-pine' : 'border-line'}`}>
      <div className="flex flex-wrap items-baseline justify-between gap-x-4">
        <h2 dir="auto" className="font-medium wrap-anywhere">
          {isNew && (
            <span className="mr-2 rounded-full bg-pine-wash px-2 py-0.5 text-tiny text-pine">{text.isNew}</span>
          )}
          {message.title}
        </h2>
        <p className="text-tiny text-soft">
          <When at={message.at} />
        </p>
      </div>
      {message.text.split('\n\n').map((paragraph) => (
        <p key={paragraph} dir="auto" className="mt-1.5 max-w-prose text-small wrap-anywhere">
          {paragraph}
        </p>
      ))}
      {read.error && <Failure error={read.error} />}
      {isNew && (
        <Button
          look="bare"
          className="mt-1 -ml-4"
          label={`${text.read}: ${message.title}`}
          busy={read.isPending}
          onPress={() => read.mutate()}
        >
          {text.read}
        </Button>
      )}
    </li>
  )
}
