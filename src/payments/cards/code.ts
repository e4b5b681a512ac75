import { createHash, randomBytes } from 'node:crypto'
import { Refusal } from '../../base/index.ts'

/** Crockford's: no I, L, O and U, which are misread or make words. */
const LETTERS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
/** 19 random letters of 5 bits each, and the one that checks them: 95 bits, beyond any guessing. */
const LENGTH = 20
const GROUP = 5
const LAST_SHOWN = 4

/** A new code as people get it: four groups of five letters, such as `7KQ2M-XR4TB-09ZDN-6HW3C`. */
export function makeCode(): string {
  const digits = [...randomBytes(LENGTH - 1)].map((byte) => byte % 32)
  return [...digits, times2(checkOf(digits))]
    .map((digit, i) => (i > 0 && i % GROUP === 0 ? `-${LETTERS[digit]}` : LETTERS[digit]))
    .join('')
}

/**
 * A code as people write it, in its one form: capital and small letters, blanks, hyphens of every kind, and O for 0, I or L for 1 are alike.
 * @throws Refusal code_mistyped when a letter is wrong, missing or in another's place.
 */
export function readCode(text: string): string {
  const letters = text
    .normalize('NFKC')
    .replaceAll(/[\s\p{Pd}]/gu, '')
    .toUpperCase()
    .replaceAll('O', '0')
    .replaceAll(/[IL]/g, '1')
  const digits = Array.from(letters, (letter) => LETTERS.indexOf(letter))
  if (digits.length !== LENGTH || digits.includes(-1) || checkOf(digits) !== 0) throw new Refusal('code_mistyped')
  return letters
}

/** What is kept of a code in its one form: enough to know it again, and what to call it by. */
export function keepOf(code: string): { codeHash: string; last: string } {
  return { codeHash: createHash('sha256').update(code).digest('hex'), last: code.slice(-LAST_SHOWN) }
}

/**
 * The letters as a polynomial over GF(32), taken at 2. Of a whole code it is 0. A single wrong letter, or any two that changed places, make it
 * another: 2 has order 31 there, more than a code has letters.
 */
function checkOf(digits: readonly number[]): number {
  return digits.reduce((sum, digit) => times2(sum) ^ digit, 0)
}

/** Twice an element of GF(32) modulo x^5 + x^2 + 1. */
function times2(element: number): number {
  const doubled = element << 1
  return doubled & 32 ? doubled ^ 0b100101 : doubled
}
