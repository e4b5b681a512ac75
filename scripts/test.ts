// npm test: every *.test.ts on one throwaway PostgreSQL. Arguments: parts of file names to choose by, and options of
// `node --test`, such as --test-name-pattern=refund.
import { spawn } from 'node:child_process'
import { globSync } from 'node:fs'
import { CHECKOUT } from '../src/app/config.ts'
import { endingWithParent } from '../src/app/processes.mjs'
import { reportFailure } from '../src/app/cannot-start.ts'
import { CLUSTER_VARIABLE, startTestCluster } from '../test/cluster.ts'
import { buildApart, isStale } from './web.mjs'

/** A file that hangs is ended after ten minutes, and fails; the longest takes one and a half. */
const LONGEST_MS = 600_000
const ROOMS = ['contract', 'sdk', 'cli', 'console', 'sandbox', 'src', 'scripts', 'test', 'bench']
/** Settings of an operator, or of a user of the command, that the test files must not meet. */
const SETTINGS = /^(COREHOUR_\w+|DATABASE_URL|PORT|HOST)$/

async function main(): Promise<void> {
  const options = process.argv.slice(2).filter((each) => each.startsWith('-'))
  const files = chooseFiles(process.argv.slice(2).filter((each) => !each.startsWith('-')))
  for (const name of Object.keys(process.env).filter((each) => SETTINGS.test(each))) delete process.env[name]
  // Once, before several files at a time would.
  if (isStale()) await buildApart(process.execPath)
  const cluster = await startTestCluster()
  try {
    const flags = ['--test', '--test-concurrency=2', `--test-timeout=${LONGEST_MS}`, '--test-reporter=spec', ...options]
    process.exitCode = await run([...flags, ...files], { [CLUSTER_VARIABLE]: cluster.address })
  } finally {
    await cluster.stop()
  }
}

function chooseFiles(parts: string[]): string[] {
  const all = globSync(`{${ROOMS.join(',')}}/**/*.test.ts`, { cwd: CHECKOUT, exclude: ['**/node_modules/**'] }).sort()
  const chosen = all.filter(
    (file) => parts.length === 0 || parts.some((part) => file.includes(part.replace(/^\.\//, ''))),
  )
  if (chosen.length === 0) throw new Error(`no test file matches ${parts.join(' ')}`)
  return chosen
}

/** Runs Node's test runner and returns its exit status; its summary is the last thing that is printed. */
function run(args: string[], environment: Record<string, string>): Promise<number> {
  const [command, all] = endingWithParent('TERM', process.execPath, args)
  const child = spawn(command, all, { cwd: CHECKOUT, stdio: 'inherit', env: { ...process.env, ...environment } })
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => child.kill(name))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (status) => resolve(status ?? 1))
  })
}

await main().catch(reportFailure)
