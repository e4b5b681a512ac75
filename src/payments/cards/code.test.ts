import assert from 'node:assert/strict'
import { test } from 'node:test'
import { routes } from '@corehour/contract'
import fc from 'fast-check'
import { Refusal } from '../../base/index.ts'
import { keepOf, makeCode, readCode } from './code.ts'

const LETTERS = Array.from('0123456789ABCDEFGHJKMNPQRSTVWXYZ')
const letters = fc.array(fc.constantFrom(...LETTERS), { minLength: 19, maxLength: 19 })
const place = fc.nat(19)
const refuses = (text: string) =>
  assert.throws(
    () => readCode(text),
    (error) => error instanceof Refusal && error.code === 'code_mistyped',
    text,
  )

/** The one letter with which 19 others are a code. */
function complete(first: string): string {
  const whole = LETTERS.map((last) => first + last).filter((code) => isCode(code))
  assert.equal(whole.length, 1, first)
  return whole[0]!
}

function isCode(text: string): boolean {
  try {
    return readCode(text) === text
  } catch {
    return false
  }
}

test('a code is four groups of five letters, each as likely as any other', () => {
  const codes = Array.from({ length: 4000 }, makeCode)
  assert.equal(new Set(codes).size, codes.length)
  for (const code of codes) {
    assert.match(code, /^([0-9A-HJKMNP-TV-Z]{5}-){3}[0-9A-HJKMNP-TV-Z]{5}$/)
    assert.equal(readCode(code), code.replaceAll('-', ''))
  }
  for (let at = 0; at < 20; at++) {
    const counts = Map.groupBy(codes, (code) => code.replaceAll('-', '')[at]!)
    // 125 expected each, of a binomial deviation of 11: more than 8 deviations off is no chance.
    assert.ok(counts.size === 32 && [...counts.values()].every(({ length }) => length > 35 && length < 215), `at ${at}`)
  }
})

test('any one wrong letter and any two that changed places are noticed', () => {
  fc.assert(
    fc.property(letters, place, place, fc.constantFrom(...LETTERS), (first, i, j, other) => {
      const code = complete(first.join(''))
      const wrong = Array.from(code)
      wrong[i] = other
      if (other !== code[i]) refuses(wrong.join(''))
      const swapped = Array.from(code)
      ;[swapped[i], swapped[j]] = [code[j]!, code[i]!]
      if (code[i] !== code[j]) refuses(swapped.join(''))
      refuses(code.slice(0, i) + code.slice(i + 1))
      refuses(code.slice(0, i) + other + code.slice(i))
    }),
    { seed: 20260101, numRuns: 500 },
  )
})

test('however a code is written, it is the same one', () => {
  const hands = [
    (code: string) => code.toLowerCase(),
    (code: string) => code.replaceAll('0', 'o').replaceAll('1', 'l'),
    (code: string) => code.replaceAll('0', 'O').replaceAll('1', 'I').replaceAll(/(.)/g, '$1 '),
    (code: string) => ` ${code.replaceAll(/(.{4})/g, '$1–')}\n`,
    (code: string) => code.replaceAll(/[0-9A-Z]/g, (letter) => String.fromCodePoint(letter.codePointAt(0)! + 0xfee0)),
  ]
  fc.assert(
    fc.property(letters, fc.constantFrom(...hands), (first, write) => {
      const code = complete(first.join(''))
      assert.equal(readCode(write(code)), code)
    }),
    { seed: 20260101, numRuns: 300 },
  )
  for (const text of ['', '-', 'U'.repeat(20), '0'.repeat(19), '0'.repeat(21), '💳'.repeat(20), 'ß'.repeat(10)])
    refuses(text)
})

test('whatever is typed is a code or is told to be none', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
      try {
        assert.match(readCode(text), /^[0-9A-HJKMNP-TV-Z]{20}$/)
      } catch (error) {
        assert.ok(error instanceof Refusal && error.code === 'code_mistyped', String(error))
      }
    }),
    { seed: 20260101, numRuns: 2000 },
  )
})

test('the codes in the contract are codes', () => {
  for (const code of [...routes.cardBatches.create.example.response.codes, routes.cards.redeem.example.body.code])
    assert.equal(readCode(code), code.replaceAll('-', ''))
})

test('of a code its hash and last letters are kept, and neither is enough', () => {
  const code = complete('7KQ2MXR4TB09ZDN6HW3')
  const { codeHash, last } = keepOf(code)
  assert.match(codeHash, /^[0-9a-f]{64}$/)
  assert.equal(last, code.slice(16))
  assert.ok(!codeHash.toUpperCase().includes(code.slice(0, 8)))
})
