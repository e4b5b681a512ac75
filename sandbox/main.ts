// The sandbox as a process of its own: see README.md. It ends when its standard input does, and so with whoever started it.
import { parseArgs } from 'node:util'
import { startSandbox } from './start.ts'

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    folder: { type: 'string' },
    webhook: { type: 'string' },
  },
})
const sandbox = await startSandbox({
  port: Number(values.port),
  ...(values.folder && { folder: values.folder }),
  ...(values.webhook && { paypalWebhook: values.webhook }),
})
// One line for the parent, who alone reads it: the settings hold the merchant's keys.
process.stdout.write(`${JSON.stringify({ address: sandbox.address, settings: sandbox.settings() })}\n`)

process.stdin.resume()
// The parent decides when: a Ctrl-C of the terminal reaches both, and notices may still be on their way.
for (const name of ['SIGINT', 'SIGHUP'] as const) process.on(name, () => {})
await new Promise((resolve) => {
  process.stdin.once('close', resolve)
  process.once('SIGTERM', resolve)
})
await sandbox.close()
process.exit()
