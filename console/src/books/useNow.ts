import { useEffect, useState } from 'react'

/**
 * The server's time, moved on by this machine's clock between two answers: seconds since the epoch, once a second. A wrong clock
 * here shifts nothing.
 */
export function useNow(asOf: string): number {
  const server = Date.parse(asOf) / 1000
  const [moved, setMoved] = useState({ server, now: server })
  useEffect(() => {
    const began = performance.now()
    const tick = () => setMoved({ server, now: server + (performance.now() - began) / 1000 })
    tick()
    const timer = setInterval(tick, 1000)
    return () => clearInterval(timer)
  }, [server])
  return moved.server === server ? moved.now : server
}
