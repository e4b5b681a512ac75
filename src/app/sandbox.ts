import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { CHECKOUT } from './config.ts'
import type { TopUpSettings } from './topUpSettings.ts'

const START_WITHIN_MS = 20_000

/** The sandbox: a process of its own that ends with this one. */
export type SandboxProcess = {
  address: string
  settings: Required<Pick<TopUpSettings, 'alipay' | 'wechat' | 'paypal'>>
  stop(): Promise<void>
}

type Start = { folder: string; webhook: string; port: number; stopping: AbortSignal }

/** Starts the sandbox on a port, or on any where that is taken. @throws Error with what it said where it does not come up. */
export async function startSandboxProcess(start: Start): Promise<SandboxProcess> {
  try {
    return await startOn(start)
  } catch (error) {
    if (start.port === 0 || start.stopping.aborted) throw error
    return startOn({ ...start, port: 0 })
  }
}

async function startOn({ folder, webhook, port, stopping }: Start): Promise<SandboxProcess> {
  const args = ['--port', String(port), '--folder', folder, '--webhook', webhook]
  const child = spawn(process.execPath, [join(CHECKOUT, 'sandbox/main.ts'), ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  let said = ''
  child.stderr.on('data', (chunk) => (said = (said + chunk).slice(-4000)))
  const ended = once(child, 'close')
  const lines = createInterface({ input: child.stdout })
  const signal = AbortSignal.any([stopping, AbortSignal.timeout(START_WITHIN_MS)])
  try {
    // It writes one line when it is ready, and holds the keys: it goes into no log.
    const [line] = (await Promise.race([once(lines, 'line', { signal }), ended.then(() => [undefined])])) as [string?]
    if (line === undefined) throw new Error(`the sandbox ended before it was ready: ${said}`)
    const { address, settings } = JSON.parse(line)
    const stop = async () => {
      // It ends when nobody holds its input any more.
      child.stdin.end()
      await ended
    }
    return { address, settings, stop }
  } catch (error) {
    child.kill('SIGKILL')
    throw error
  }
}
