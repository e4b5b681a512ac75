/**
 * How much of a stretch is left, as a ring that empties: the mark of the house. It moves once a second by a third of a pixel; a transition
 * between would have the page painted anew 60 times a second.
 */
export function Ring({ part, label }: { part: number; label: string }) {
  const round = 2 * Math.PI * 15
  return (
    <svg role="img" aria-label={label} viewBox="0 0 40 40" className="size-11 -rotate-90">
      <circle cx="20" cy="20" r="15" fill="none" strokeWidth="5" className="stroke-wash" />
      <circle
        cx="20"
        cy="20"
        r="15"
        fill="none"
        strokeWidth="5"
        strokeLinecap="round"
        strokeDasharray={round}
        strokeDashoffset={round * (1 - Math.min(1, Math.max(0, part)))}
        className="stroke-pine"
      />
    </svg>
  )
}
