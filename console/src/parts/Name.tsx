/** What people called something: in its own direction, in two lines at most, and whole in the title. */
export function Name({ of }: { of: string }) {
  return (
    <bdi className="line-clamp-2 wrap-anywhere" title={of}>
      {of}
    </bdi>
  )
}
