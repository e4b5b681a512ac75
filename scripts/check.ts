// npm run check: format, lint, types, the rules of the house, and generated files in step. With --write: puts right what
// can be (format, generated files).
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { reportFailure } from '../src/app/cannot-start.ts'
import { CHECKOUT } from '../src/app/config.ts'
import { openOn, startTestCluster, TEMPLATE } from '../test/cluster.ts'
import { checkRules } from './rules.ts'
import { describeSchema } from './schema.ts'

const SCHEMA = join(CHECKOUT, 'docs/schema.md')

async function main(): Promise<void> {
  const write = process.argv.includes('--write')
  const steps: [string, () => boolean | Promise<boolean>][] = [
    ['schema page', () => schemaInStep(write)],
    ['format', () => runTool('oxfmt', [write ? '--write' : '--check', '.'])],
    ['lint', () => runTool('oxlint', ['--deny-warnings'])],
    ['types', () => runTool('typescript', ['-p', '.']) && runTool('typescript', ['-p', 'console'])],
    ['rules', rulesHold],
  ]
  const failed: string[] = []
  for (const [name, step] of steps) {
    const holds = await step()
    console.log(`${holds ? '✔' : '✖'} ${name}`)
    if (!holds) failed.push(name)
  }
  if (failed.length > 0) {
    console.log(
      `check failed: ${failed.join(', ')}${write ? '' : ' (npm run check -- --write puts format and the schema page right)'}`,
    )
    process.exitCode = 1
  }
}

/** Runs the program of an npm package on this Node; it prints only when something is wrong. */
function runTool(name: string, args: string[]): boolean {
  const root = findPackage(name)
  const { bin } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const program: string = typeof bin === 'string' ? bin : (bin[name] ?? bin['tsc'])
  // Tools that start others by `#!/usr/bin/env node` must find this Node, not the machine's.
  const env = { ...process.env, PATH: `${dirname(process.execPath)}:${process.env.PATH ?? ''}` }
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, program), ...args], {
    cwd: CHECKOUT,
    env,
    encoding: 'utf8',
  })
  if (status !== 0) console.log(`${stdout}${stderr}`.trim())
  return status === 0
}

function findPackage(name: string): string {
  return dirname(fileURLToPath(import.meta.resolve(`${name}/package.json`)))
}

function rulesHold(): boolean {
  const violations = checkRules(CHECKOUT)
  for (const { file, line, rule } of violations) console.log(`${file}:${line}: ${rule}`)
  return violations.length === 0
}

async function schemaInStep(write: boolean): Promise<boolean> {
  const fresh = await readSchema()
  if (existsSync(SCHEMA) && readFileSync(SCHEMA, 'utf8') === fresh) return true
  if (write) writeFileSync(SCHEMA, fresh)
  else console.log('docs/schema.md is not what the migrations make')
  return write
}

async function readSchema(): Promise<string> {
  const cluster = await startTestCluster()
  try {
    const database = openOn(cluster.address, TEMPLATE)
    try {
      return await describeSchema(database, join(CHECKOUT, 'migrations'))
    } finally {
      await database.close()
    }
  } finally {
    await cluster.stop()
  }
}

await main().catch(reportFailure)
