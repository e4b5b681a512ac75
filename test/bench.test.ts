// The benchmarks at a five-hundredth of their volume: that they run, and that the books they load around the engine are books.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { benchmarks, runBenchmarks } from '../bench/benchmarks.ts'
import { showTable } from '../bench/table.ts'
import { dataFolder } from './process.ts'

test('every benchmark runs on sound books and fills its rows', async (t) => {
  const names = Object.keys(benchmarks)
  const options = { folder: dataFolder(t), scale: 1 / 500, check: true, durable: false, say() {} }
  const rows = await runBenchmarks(names, options)
  assert.ok(rows.length >= names.length)
  for (const { name, value, floor } of rows) {
    assert.ok(value > 0, name)
    assert.ok(floor === undefined || floor.value > 0, name)
  }
  assert.equal(showTable(rows, false).split('\n').length, rows.length + 2)
})
