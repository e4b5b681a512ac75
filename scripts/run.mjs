// Runs a TypeScript file of this checkout on the pinned Node: node scripts/run.mjs FILE [ARGUMENTS]
import { runPinned } from './bootstrap.mjs'

const [file, ...args] = process.argv.slice(2)
await runPinned(file ?? 'src/app/serve.ts', args)
