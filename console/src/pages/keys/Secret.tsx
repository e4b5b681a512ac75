import { AlertDialog } from '@base-ui/react/alert-dialog'
import { useRef, useState } from 'react'
import { Button } from '../../parts/Button.tsx'
import { useWords } from '../../words/index.tsx'
import type { Made } from './useKeys.ts'

/** A key's secret, once; it goes only when it is put away, or by Escape once it is copied. */
export function Secret({ of: made, onDone }: { of: Made | undefined; onDone(): void }) {
  const [isCopied, setCopied] = useState(false)
  const done = () => {
    setCopied(false)
    onDone()
  }
  const mayGo = isCopied || made?.secret === null
  return (
    <AlertDialog.Root open={made !== undefined} onOpenChange={(next) => !next && mayGo && done()}>
      <AlertDialog.Portal>
        <AlertDialog.Backdrop className="fixed inset-0 z-50 bg-black/40" />
        <AlertDialog.Popup className="fixed top-1/2 left-1/2 z-50 max-h-[calc(100dvh-2rem)] w-[min(32rem,calc(100vw-2rem))] -translate-1/2 overflow-y-auto rounded-sheet border border-line bg-sheet p-6 shadow-float">
          {made && <Told made={made} isCopied={isCopied} onCopied={() => setCopied(true)} onDone={done} />}
        </AlertDialog.Popup>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  )
}

function Told(props: { made: Made; isCopied: boolean; onCopied(): void; onDone(): void }) {
  const { made, isCopied, onCopied, onDone } = props
  const { keys: text, common } = useWords()
  const shown = useRef<HTMLElement>(null)
  const [isByHand, setByHand] = useState(false)
  const { secret } = made
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(secret!)
      onCopied()
    } catch {
      // Pages without https, and some browsers, may not.
      getSelection()?.selectAllChildren(shown.current!)
      setByHand(true)
    }
  }
  return (
    <>
      <AlertDialog.Title className="line-clamp-3 text-lead font-semibold wrap-anywhere">
        {secret === null ? text.lostTitle(made.key.name) : text.madeTitle(made.key.name)}
      </AlertDialog.Title>
      <AlertDialog.Description className="mt-1 text-small text-soft">
        {secret === null ? text.lostHint : text.secretOnce}
      </AlertDialog.Description>
      {secret !== null && (
        <>
          <code
            ref={shown}
            className="mt-4 block rounded-field border border-line bg-wash px-4 py-3 font-mono text-small break-all select-all"
          >
            {secret}
          </code>
          <p className="mt-2 text-tiny text-soft">{text.howSent}</p>
        </>
      )}
      <p role="status" className="mt-3 text-small text-amber empty:hidden">
        {isByHand && !isCopied && text.copyByHand}
      </p>
      <div className="mt-5 flex flex-wrap justify-end gap-2">
        {secret !== null && (
          <Button look={isCopied ? 'quiet' : 'main'} onPress={() => void copy()}>
            {isCopied ? common.copied : common.copy}
          </Button>
        )}
        <Button look={isCopied || secret === null ? 'main' : 'quiet'} onPress={onDone}>
          {text.done}
        </Button>
      </div>
    </>
  )
}
