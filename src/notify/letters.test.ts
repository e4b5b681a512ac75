import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { topics, type Topic } from '@corehour/contract'
import { simpleParser } from 'mailparser'
import { render, writeLetter, writeLinkLetter } from './index.ts'

const DATA = {
  amount: '360000000000',
  remaining: '1800000000',
  currency: 'CNY',
  channel: 'alipay',
  order_id: 'order_1',
  arrears_paid: '3600000000',
  paid: '12.00 CNY',
  expires_at: '2026-02-28T16:30:00Z',
  name: '<b>Ada</b> & "Co"',
  former: 'ada@example.org',
  link: 'https://billing.example.org/confirm#corehour_link_1',
}
const AROUND = { url: 'https://billing.example.org', timeZone: 'Asia/Shanghai' }
const SUPPORT = { email: 'help@example.org', phone: '+86 10 5555 0100' }
const LINKS = ['confirmSignUp', 'knownAddress', 'confirmEmail', 'resetPassword', 'invitation'] as const

const letters = (['en', 'zh'] as const).flatMap((language) => [
  ...(Object.keys(topics) as Topic[]).map((topic) => {
    return { what: topic as string, language, letter: writeLetter(topic, DATA, AROUND, language) }
  }),
  ...LINKS.map((kind) => ({ what: kind, language, letter: writeLinkLetter(kind, DATA, AROUND, language) })),
])

test('every letter says the same in both forms, in its language, with one foot, and leads to our pages alone', () => {
  assert.equal(letters.length, 2 * (Object.keys(topics).length + LINKS.length))
  for (const { what, language, letter } of letters) {
    const { subject, text, html } = render(letter, language, SUPPORT)
    const shown = html
      .replaceAll(/<(style|title)[^]*?<\/\1>|<[^>]+>/g, ' ')
      .replaceAll(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)))
      .replaceAll(/\s+/g, ' ')
    for (const paragraph of [subject, ...letter.paragraphs])
      assert.ok(shown.includes(paragraph), `${what}: ${paragraph}`)
    for (const paragraph of letter.paragraphs) assert.ok(text.includes(paragraph), what)
    for (const form of [text, shown]) assert.match(form, /help@example\.org · \+86 10 5555 0100/, what)
    assert.equal(/[\u4e00-\u9fff]/.test(subject + text), language === 'zh', what)
    assert.doesNotMatch(subject + text, /undefined|null|NaN|\{|\}/, what)
    assert.ok(!html.includes('<b>Ada'), 'a name is no markup')
    for (const [, address] of html.matchAll(/(?:href|src|url)\s*[=(]\s*"?([^"\s)>]+)/g))
      assert.match(address!, /^https:\/\/billing\.example\.org\//, what)
  }
})

test('the pages that letters lead to are there', () => {
  const router = readFileSync(new URL('../../console/src/router.tsx', import.meta.url), 'utf8')
  const pages = [...router.matchAll(/path: '([^']+)'/g)].map(([, path]) => path!.replace(/\$\w+/, '[^/]+'))
  for (const { what, letter } of letters) {
    const path = letter.action && new URL(letter.action.url).pathname
    if (path)
      assert.ok(
        pages.some((each) => new RegExp(`^${each}$`).test(path)),
        `${what}: ${path}`,
      )
  }
})

test("money is read in whole cents, a day in the operator's time zone", () => {
  const { subject, paragraphs } = writeLetter('card.expiring', DATA, AROUND, 'en')
  assert.equal(subject, '0.50 CNY of your experience card end on 2026-03-01')
  assert.match(paragraphs[0]!, /2026-03-01/)
  assert.match(
    writeLetter('topup.paid', DATA, AROUND, 'en').paragraphs.join(' '),
    /100\.00 CNY is on .* 1\.00 CNY of it/,
  )
  assert.equal(writeLetter('topup.paid', { ...DATA, arrears_paid: '0' }, AROUND, 'en').paragraphs.length, 1)
  const issued = writeLetter('card.issued', DATA, AROUND, 'zh')
  assert.match(issued.subject, /100\.00 CNY/)
})

test('without support contacts nobody is named', async () => {
  const { text, html } = render(letters[0]!.letter, 'en', { email: undefined, phone: undefined })
  const mail = await simpleParser(`Content-Type: text/html; charset=utf-8\r\n\r\n${html}`)
  for (const form of [text, mail.text!]) assert.doesNotMatch(form, /Questions|undefined/)
})
