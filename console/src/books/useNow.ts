import { useEffect, useState } from 'react'

/**
 * The server's time, moved on by this machine's clock between two answers: seconds since the epoch, once a second. A wrong clock
 * here shifts nothing.
 */
export function useNow(asOf: string): number {
  const [now, setNow] = useState(() => Date.parse(asOf) / 1000)
  useEffect(() => {
    const server = Date.parse(asOf) / 1000
    const began = performance.now()
    const tick = () => setNow(server + (performance.now() - began) / 1000)
    tick()
    const timer = setInterval(tick, 1000)
    return () => clearInterval(timer)
  }, [asOf])
  return now
}
