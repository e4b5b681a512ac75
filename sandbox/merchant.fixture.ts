import { createServer, type IncomingHttpHeaders } from 'node:http'
import { standingClock } from './clock.ts'
import { startSandbox, type Sandbox, type SandboxOptions } from './index.ts'

export type Received = { path: string; headers: IncomingHttpHeaders; body: string }
export type Merchant = {
  sandbox: Sandbox
  /** Where it takes notices. */
  address: string
  /** What has come so far, oldest first. */
  received: Received[]
  /** How it answers from now on. */
  answers(status: number, body?: string): void
}
type Context = { after(work: () => Promise<void>): void }

/** A merchant's server that keeps every notice it is sent, beside a sandbox that sends it some. */
export async function openMerchant(context: Context, options: Partial<SandboxOptions> = {}): Promise<Merchant> {
  const received: Received[] = []
  let answer = { status: 200, body: 'success' }
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      received.push({ path: request.url!, headers: request.headers, body: Buffer.concat(chunks).toString() })
      response.writeHead(answer.status).end(answer.body)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  const address = `http://127.0.0.1:${port}`
  // It stands, so that no slow machine moves what is due; libraries that know only the real time are content for five minutes.
  const clock = standingClock(Temporal.Now.instant())
  const sandbox = await startSandbox({ port: 0, paypalWebhook: `${address}/paypal`, clock, ...options })
  context.after(async () => {
    await sandbox.close()
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  return { sandbox, address, received, answers: (status, body = '') => void (answer = { status, body }) }
}
