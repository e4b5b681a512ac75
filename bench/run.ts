// npm run bench -- [NAME ..] [--quick] [--check]: the benchmarks of bench/README.md and their table.
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { CannotStart, reportFailure } from '../src/app/cannot-start.ts'
import { defaultDataFolder } from '../src/app/config.ts'
import { benchmarks, runBenchmarks } from './benchmarks.ts'
import { showTable } from './table.ts'

const QUICK = 1 / 20

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { quick: { type: 'boolean' }, check: { type: 'boolean' } },
  })
  const unknown = positionals.filter((name) => !Object.hasOwn(benchmarks, name))
  if (unknown.length > 0)
    throw new CannotStart(
      `there is no benchmark ${unknown.join(', ')}: choose from ${Object.keys(benchmarks).join(', ')}`,
    )
  const scale = values.quick ? QUICK : 1
  const names = positionals.length > 0 ? positionals : Object.keys(benchmarks)
  const settings = {
    folder: join(defaultDataFolder(), 'bench'),
    scale,
    check: values.check ?? false,
    say: (line: string) => void process.stderr.write(`bench: ${line}\n`),
  }
  // Each as soon as it is known: a run that is ended early has told what it measured.
  for (const name of names) {
    const rows = await runBenchmarks([name], settings)
    process.stdout.write(`${showTable(rows, scale === 1)}\n\n`)
  }
  if (scale < 1) process.stdout.write('\nAt a part of the volume no target is judged.\n')
}

await main().catch(reportFailure)
