const WIDTH = 30

/** A bar on one line of a terminal: how much of the period is lived through, and where it stands. Written at each whole percent. */
export function progressBar(write: (text: string) => void): {
  show(done: number, at: Temporal.Instant): void
  clear(): void
} {
  let shown = -1
  return {
    show(done, at) {
      const percent = Math.floor(done * 100)
      if (percent === shown) return
      shown = percent
      const full = Math.round(done * WIDTH)
      write(
        `\r[${'#'.repeat(full)}${' '.repeat(WIDTH - full)}] ${String(percent).padStart(3)} %  ${at.toString().slice(0, 16).replace('T', ' ')}`,
      )
    },
    clear() {
      if (shown >= 0) write('\r\u001b[K')
      shown = -1
    },
  }
}
