import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useClient, type BillFilter } from '../../books/useBooks.ts'
import { MenuButton } from '../../parts/MenuButton.tsx'
import { Failure } from '../../parts/States.tsx'
import { useLanguage } from '../../words/index.tsx'

const FORMATS = [
  ['xlsx', 'Excel (XLSX)'],
  ['csv', 'CSV'],
  ['jsonl', 'JSON Lines'],
] as const

/** The detailed bill of what is shown, as a file: asked for, followed while it is written, then fetched. */
export function Download({ filter }: { filter: BillFilter }) {
  const { language, words } = useLanguage()
  const client = useClient()
  const [rows, setRows] = useState<number>()
  const text = words.bill
  const download = useMutation({
    mutationFn: async (format: 'xlsx' | 'csv' | 'jsonl') => {
      setRows(0)
      const { export_id } = await client.exports.create({ ...filter, format })
      const done = await client.exports.wait({ export_id }, { onProgress: (job) => setRows(job.rows) })
      location.assign(done.url!)
    },
    onSettled: () => setRows(undefined),
  })
  return (
    <div className="flex flex-col items-end gap-2">
      <MenuButton
        disabled={download.isPending}
        look="inline-flex min-h-10 items-center gap-2 rounded-field border border-line bg-sheet px-4 text-small font-medium hover:border-edge hover:bg-wash disabled:opacity-60"
        face={
          <>
            {rows === undefined ? text.download : text.preparing(new Intl.NumberFormat(language).format(rows))}
            <svg aria-hidden viewBox="0 0 12 12" className="size-3" fill="none" stroke="currentColor" strokeWidth="1.6">
              <path d="m2.5 4.5 3.5 3.5 3.5-3.5" strokeLinecap="round" />
            </svg>
          </>
        }
        head={<p className="text-tiny text-soft">{text.downloadHint}</p>}
        items={FORMATS.map(([format, name]) => ({ text: name, onPress: () => download.mutate(format) }))}
      />
      {download.error && <Failure error={download.error} />}
    </div>
  )
}
