import { useWords } from '../words/index.tsx'
import { Button } from './Button.tsx'

type Pages = { hasNextPage: boolean; isFetchingNextPage: boolean; fetchNextPage(): unknown }

/** Asks for the next page of a list, where there is one. */
export function More({ of: { hasNextPage, isFetchingNextPage, fetchNextPage } }: { of: Pages }) {
  const { common } = useWords()
  if (!hasNextPage) return null
  return (
    <div className="p-4 text-center">
      <Button busy={isFetchingNextPage} onPress={() => void fetchNextPage()}>
        {common.more}
      </Button>
    </div>
  )
}
