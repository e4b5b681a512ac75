import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, beforeEach, test, type TestContext } from 'node:test'
import { encode } from 'uqr'
import { example, json, openPeer, problem, type Deed } from '../sdk/peer.fixture.ts'
import { hear } from '../src/payments/index.ts'
import { openTestApi, type TestApi } from '../test/api.ts'
import { openPerson } from '../test/people.ts'
import { drawQr } from './qr.ts'
import { run, use, type Said } from './run.fixture.ts'

const folder = mkdtempSync(join(tmpdir(), 'corehour-money-'))
let api: TestApi
let url: string

before(async () => {
  api = await openTestApi()
  url = await api.http.listen({ host: '127.0.0.1', port: 0 })
})
after(async () => {
  await api.close()
  rmSync(folder, { recursive: true })
})
beforeEach(() => {
  process.env.XDG_CONFIG_HOME = folder
})

function as(who: 'customer' | 'staff', ...args: string[]): Promise<Said> {
  use(url, api.keys[who])
  return run(args)
}

const TERMS = ['--days', '90', '--redeem-by', '2026-06-01T00:00:00Z', '--note', 'Winter school', '--yes']

test('codes are issued to a file that only its owner reads, and redeemed however they are written', async () => {
  const file = join(folder, 'codes.csv')
  const issued = await as('staff', 'cards', 'issue', '50', '--count', '3', '--output', file, ...TERMS)
  assert.deepEqual([issued.status, statSync(file).mode & 0o777], [0, 0o600])
  const [batch] = /batch_\w+/.exec(issued.out)!
  const [head, ...rows] = readFileSync(file, 'utf8').trimEnd().split('\n')
  assert.equal(head, 'code,batch_id,amount,currency,expires_at,valid_days,redeem_by')
  assert.equal(rows.length, 3)
  const codes = rows.map((row) => {
    const [code, ...terms] = row.split(',')
    assert.deepEqual(terms, [batch, '50.00', 'CNY', '', '90', '2026-06-01T00:00:00Z'])
    return code!
  })
  const again = await as('staff', 'cards', 'issue', '50', '--count', '3', '--output', file, ...TERMS)
  assert.deepEqual([again.status, /is there already/.test(again.note)], [2, true])
  const listed = await as('staff', 'cards', 'batches')
  assert.equal(listed.out.match(/batch_/g)!.length, 1, 'nothing was issued without a place for it')

  const redeemed = await as('customer', 'redeem', ...codes[0]!.toLowerCase().split('-'))
  assert.match(redeemed.out, /^A card of 50\.00 CNY until 2026-04-01 /)
  const twice = await as('customer', 'redeem', codes[1]!)
  assert.deepEqual([twice.status, /\(code_limit\)/.test(twice.note)], [3, true])
  assert.match(
    (await as('customer', 'cards')).out,
    new RegExp(` 50\\.00 +50\\.00 .* usable +\\.\\.${codes[0]!.slice(-4)} +Winter school\n$`),
  )
  assert.match((await as('staff', 'cards', '--account', 'Lab')).out, /Winter school/)
  assert.match(
    (await as('staff', 'cards', 'codes', batch)).out,
    new RegExp(`\\.\\.${codes[0]!.slice(-4)} +${api.lab.accountId} `),
  )
  const revoked = await as('staff', 'cards', 'revoke', batch, '--yes')
  assert.match(revoked.out, /is revoked; 1 of 3 codes were redeemed\n/)
  assert.match((await as('staff', 'cards', 'batches')).out, / 3 +1 +90 d +revoked +Winter school\n/)
  const { key } = await openPerson(api, 'Ada')
  use(url, key)
  assert.deepEqual(
    [(await run(['redeem', codes[1]!])).status, (await run(['cards'])).out],
    [3, 'There are no experience cards.\n'],
  )
})

test('codes go to the standard output once; the same request again is told so', async () => {
  const call = () =>
    as('staff', 'cards', 'issue', '1', '--count', '2', '--several', ...TERMS, '--idempotency-key', 'k1')
  const [first, second] = [await call(), await call()]
  assert.equal(first.out.split('\n').length, 4)
  assert.deepEqual([second.status, second.out], [2, ''])
  assert.match(second.note, /batch_\w+ was issued before, and its codes shown then: revoke it and issue others/)
  const codes = first.out
    .split('\n')
    .slice(1, 3)
    .map((row) => row.split(',')[0]!)
  for (const code of codes) assert.equal((await as('customer', 'redeem', code)).status, 0)
  const json = await as('staff', 'cards', 'issue', '1', '--count', '1', ...TERMS, '--json')
  assert.equal(JSON.parse(json.out).codes.length, 1)
})

test('what can not be issued or redeemed is told in a line, and nothing is done', async () => {
  const cases: [string[], number, RegExp][] = [
    [['cards', 'issue'], 2, /issue needs an AMOUNT/],
    [['cards', 'issue', '50'], 2, /--count N is needed/],
    [['cards', 'issue', 'fifty', '--count', '1'], 2, /AMOUNT is a plain decimal/],
    [['cards', 'issue', '50', '--count', 'many'], 2, /--count is a whole number, not 'many'/],
    [['cards', 'issue', '50', '--count', '1'], 2, /either --expires DAY or --days N/],
    [['cards', 'issue', '50', '--count', '10001', ...TERMS], 3, /count/],
    [['cards', 'issue', '50', '--count', '1', '--output', join(folder, 'no', 'such'), ...TERMS], 2, /can't be written/],
    [['cards', 'sell', '50'], 2, /there is issue, batches, codes and revoke, not 'sell'/],
    [['cards', 'revoke', 'batch_none', '--yes'], 3, /not_found/],
  ]
  for (const [args, status, said] of cases) {
    const { status: ended, note } = await as('staff', ...args)
    assert.deepEqual([ended, said.test(note)], [status, true], `${args.join(' ')}: ${note}`)
  }
  const typo = await as('customer', 'redeem', '7KQ2M-XR4TB-09ZDN-6HW3D', '--lang', 'zh')
  assert.deepEqual([typo.status, /这不是有效的兑换码/.test(typo.note)], [3, true])
  const unknown = await as('customer', 'redeem', '7KQ2M-XR4TB-09ZDN-6HW3C')
  assert.deepEqual([unknown.status, /\(unknown_code\)/.test(unknown.note)], [3, true])
})

test('a QR code is drawn module by module, with a quiet zone, on any background', () => {
  const text = 'https://qr.alipay.com/bax00000000000000000000'
  const { data, size } = encode(text, { ecc: 'M', border: 4 })
  const drawn = new Map([
    [' ', [false, false]],
    ['▄', [false, true]],
    ['▀', [true, false]],
    ['█', [true, true]],
  ])
  const modulesOf = (lines: string[], inverted: boolean) =>
    lines
      .flatMap((line) =>
        [0, 1].map((half) => Array.from(line, (character) => drawn.get(character)![half] !== inverted)),
      )
      .slice(0, size)
  const coloured = drawQr(text, true).trimEnd().split('\n')
  for (const line of coloured) assert.ok(line.startsWith('\u001b[38;5;16;48;5;231m') && line.endsWith('\u001b[0m'))
  assert.deepEqual(
    modulesOf(
      coloured.map((line) => line.slice(19, -4)),
      false,
    ),
    data,
  )
  assert.deepEqual(modulesOf(drawQr(text, false).trimEnd().split('\n'), true), data)
  for (const edge of [data[3]!, data.at(-4)!, data.map((row) => row[3]!), data.map((row) => row.at(-4)!)])
    assert.ok(!edge.includes(true), 'four light modules around it')
})

const ORDER = example('topUps.create')
const at = (state: string, more: object = {}) => ({ ...ORDER, state, ...more })
const PAID = at('paid', {
  qr: null,
  credited: ORDER.amount,
  arrears_paid: { currency: 'CNY', amount: '15.20', grains: '54720000000' },
})

/** A server that plays a top-up: what it answers to a new order, then what its stream tells. */
async function till(t: TestContext, created: object | Deed, ...told: object[]) {
  const deed: Deed = (response, request) => {
    const route = `${request.method} ${request.url.replace(/order_\w+/, 'ID').split('?')[0]}`
    const answers: Record<string, Deed> = {
      'GET /v1/me': json(example('me.get')),
      'GET /v1/top-up-options': json(example('topUps.options')),
      'POST /v1/top-up-orders': typeof created === 'function' ? (created as Deed) : json(created, 201),
      'GET /v1/top-up-orders/ID': json(told.at(-1) ?? created),
      'POST /v1/top-up-orders/ID/cancel': json(told.at(-1)),
      'GET /v1/top-up-orders/ID/events': () => {
        response.writeHead(200, { 'content-type': 'text/event-stream' })
        for (const each of told) response.write(`data: ${JSON.stringify(each)}\n\n`)
      },
    }
    answers[route]!(response, request)
  }
  const peer = await openPeer(deed)
  t.after(() => peer.close())
  use(peer.url, 'corehour_customer_x')
  return peer
}

test('a top-up is drawn, waited for, and told with the arrears that it paid', async (t) => {
  const { seen } = await till(t, at('opening', { qr: null }), at('opening', { qr: null }), ORDER, PAID)
  const { status, out, note } = await run(['topup', '200', '--channel', 'alipay', '--wait'], {
    watched: true,
    colour: true,
  })
  assert.deepEqual([status, out], [0, 'Credited 200.00 CNY; 15.20 CNY of it paid arrears\n'])
  assert.ok(note.includes(drawQr(String(ORDER.qr), true)))
  assert.match(note, /Scan with Alipay: https:\/\/qr\.alipay\.com\/\S+\nTo pay: 200\.00 CNY\n/)
  assert.equal(JSON.parse(seen.find(({ method }) => method === 'POST')!.body).channel, 'alipay')
  const plain = await run(['topup', '200', '--channel', 'alipay', '--wait', '--no-qr'], { watched: true, colour: true })
  assert.ok(!/[▄▀█]/.test(plain.note) && plain.note.includes(`For Alipay to scan: ${String(ORDER.qr)}`))
  const listened = await run(['topup', '200', '--channel', 'alipay', '--wait', '--json'])
  assert.equal(JSON.parse(listened.out).state, 'paid')
})

test('without --wait an order is shown with how to go on; PayPal has a link', async (t) => {
  await till(
    t,
    at('awaiting', {
      channel: 'paypal',
      qr: null,
      approve_url: 'https://paypal/x',
      charged: { currency: 'USD', amount: '28.74' },
    }),
  )
  const { status, out, note } = await run(['topup', '200', '--channel', 'paypal'], { watched: true })
  assert.equal(status, 0)
  assert.equal(note, 'Open: https://paypal/x\nTo pay: 28.74 USD\n')
  assert.match(
    out,
    /^order_\w+: 200\.00 CNY by PayPal, awaiting\nTo be paid until .*\ncorehour topup show order_\w+ --wait follows it\n$/,
  )
})

test('how it ends without a payment', async (t) => {
  const ends: [object, RegExp][] = [
    [at('expired', { qr: null }), /^Not paid: the order has expired\. A payment that still comes is credited\n$/],
    [at('closed', { qr: null }), /^Not paid: the order is closed\./],
    [at('disputed', { qr: null }), /does not fit the order: staff look into it\n$/],
    [
      at('closed', { qr: null, refusal: { code: 'ACCESS_FORBIDDEN', detail: 'No.' } }),
      /^Alipay would not take the order: No\. \(ACCESS_FORBIDDEN\)\n$/,
    ],
  ]
  for (const [end, said] of ends) {
    await till(t, ORDER, end)
    const { status, out } = await run(['topup', 'show', ORDER.order_id as string, '--wait'])
    assert.match(out, said)
    assert.equal(status, 1)
    const waited = await run(['topup', '200', '--channel', 'alipay', '--wait'])
    assert.deepEqual([waited.status, said.test(waited.out)], [1, true])
  }
  await till(t, ORDER, at('closed', { qr: null }))
  assert.match((await run(['topup', 'cancel', ORDER.order_id as string])).out, /the order is closed/)
})

test('a dispute is settled once, with a reason, by staff', async () => {
  const { payee } = api.till.gateways.get('alipay')!
  assert.match((await as('staff', 'disputes')).out, /^There are no open disputes\.\n$/)
  const order = await api.call('POST', '/v1/top-up-orders', {
    key: api.keys.customer,
    body: { amount: '200', channel: 'alipay' },
  })
  const { order_id } = order.body
  const payment = { orderId: order_id, paymentId: 'p1', cash: { currency: 'CNY', minor: 15_000n }, fee: null, payee }
  await hear(api.app, api.till, [
    { channel: 'alipay', payment: { ...payment, paidAt: api.clock.now() }, foundBy: 'notice' },
  ])
  const listed = await as('staff', 'disputes')
  const [dispute] = /disp_\w+/.exec(listed.out)!
  assert.match(listed.out, new RegExp(` wrong amount +150\\.00 CNY +alipay +p1 +${order_id} +${api.lab.accountId}\n$`))
  const cases: [string[], number, RegExp][] = [
    [['settle'], 2, /settle needs the DISPUTE's id/],
    [['settle', dispute], 2, /either --credit or --reject/],
    [['settle', dispute, '--credit', '--reject'], 2, /either --credit or --reject/],
    [['settle', dispute, '--credit'], 2, /--note TEXT is needed/],
    [['settle', dispute, '--credit', '--note', 'x'], 2, /add --yes/],
    [['close', dispute], 2, /there is settle, not 'close'/],
  ]
  for (const [args, status, said] of cases) {
    const { status: ended, note } = await as('staff', 'disputes', ...args)
    assert.deepEqual([ended, said.test(note)], [status, true], note)
  }
  const done = await as('staff', 'disputes', 'settle', dispute, '--credit', '--note', 'Paid by an old code', '--yes')
  assert.deepEqual([done.status, done.out], [0, 'Credited 150.00 CNY\n'])
  const again = await as('staff', 'disputes', 'settle', dispute, '--reject', '--note', 'No', '--yes')
  assert.deepEqual([again.status, /\(dispute_settled\)/.test(again.note)], [3, true])
  assert.match((await as('staff', 'disputes', '--state', 'credited')).out, /disp_/)
  assert.equal((await as('customer', 'disputes')).status, 3)
})

test('Ctrl-C ends the waiting and says how to go on', async (t) => {
  const { seen } = await till(t, ORDER, ORDER)
  const stop = new AbortController()
  const waiting = run(['topup', '200', '--channel', 'alipay', '--wait'], { signal: stop.signal })
  while (!seen.some((request) => request.url.endsWith('/events')))
    await new Promise((resolve) => setTimeout(resolve, 10))
  stop.abort()
  const { status, out, note } = await waiting
  assert.deepEqual([status, out], [1, ''])
  assert.match(
    note,
    /the order stays open\. corehour topup show order_\w+ --wait goes on, corehour topup cancel order_\w+ ends it\n$/,
  )
})

test('what can not be topped up: the refusal with how to transfer, the channels that are open', async (t) => {
  const detail =
    'One order tops up at most 20,000.00, not 30,000.00. More comes by bank transfer, with the help of support: billing@example.org.'
  await till(t, problem(422, 'topup_too_large', {}, { detail }))
  const large = await run(['topup', '30000', '--channel', 'alipay'])
  assert.deepEqual([large.status, large.note], [3, `corehour: ${detail} (topup_too_large)\n`])
  const cases: [string[], RegExp][] = [
    [['200'], /--channel is alipay or paypal\n/],
    [['200', '--channel', 'wechat'], /--channel is alipay or paypal, not 'wechat'/],
    [['much', '--channel', 'alipay'], /AMOUNT is a plain decimal/],
    [['200', '300'], /'300' is one word too many/],
    [['show'], /show needs the ORDER's id/],
  ]
  for (const [args, said] of cases) {
    const { status, note } = await run(['topup', ...args])
    assert.deepEqual([status, said.test(note)], [2, true], `${args.join(' ')}: ${note}`)
  }
})
