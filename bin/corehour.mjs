#!/usr/bin/env node
import { runPinned } from '../scripts/bootstrap.mjs'

await runPinned('src/app/command.ts', process.argv.slice(2))
