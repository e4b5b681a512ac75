import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { instantOf } from '../../base/index.ts'
import { openIso, openWallClock } from './instants.ts'

const seconds = fc.array(fc.integer({ min: -2_000_000_000, max: 8_000_000_000 }), { minLength: 1, maxLength: 50 })

test('an instant is written as Temporal writes it', () => {
  fc.assert(
    fc.property(seconds, (list) =>
      assert.deepEqual(
        list.map(openIso()),
        list.map((each) => instantOf(each).toString()),
      ),
    ),
  )
})

test("the wall clock shows what the zone's clocks show, also around their changes", () => {
  const zones = ['Asia/Shanghai', 'Europe/Berlin', 'Australia/Lord_Howe', 'America/St_Johns', 'Pacific/Apia']
  const changes = fc.constantFrom(...zones).chain((zone) => {
    const change = instantOf(1_700_000_000).toZonedDateTimeISO(zone).getTimeZoneTransition('next')
    const near = Math.floor((change?.epochMilliseconds ?? 0) / 1000)
    const second = fc.oneof(
      fc.integer({ min: 0, max: 4_000_000_000 }),
      fc.integer({ min: near - 9000, max: near + 9000 }),
    )
    return fc.tuple(fc.constant(zone), fc.array(second, { minLength: 1, maxLength: 20 }))
  })
  fc.assert(
    fc.property(changes, ([zone, list]) => {
      const shown = list.map(openWallClock(zone)).map((wall) => instantOf(wall).toString().slice(0, -1))
      const real = list.map((each) => instantOf(each).toZonedDateTimeISO(zone).toPlainDateTime().toString())
      assert.deepEqual(
        shown,
        real.map((text) => (text.length === 16 ? `${text}:00` : text)),
      )
    }),
  )
})
