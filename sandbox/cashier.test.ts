import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openAlipay, openPaypal, openWechat } from './clients.fixture.ts'
import { openMerchant, type Merchant } from './merchant.fixture.ts'

/** Presses a button of a page: posts the form that it stands in. */
async function press({ sandbox }: Merchant, page: string, words: string): Promise<Response> {
  const forms = [...page.matchAll(/<form method="post" action="([^"]+)"><button[^>]*>([^<]+)/g)]
  const action = forms.find(([, , text]) => text!.includes(words))?.[1]
  assert.ok(action, `a button ${words}`)
  return fetch(sandbox.address + action, { method: 'POST', redirect: 'manual' })
}

async function look(address: string): Promise<{ page: string; answer: Response }> {
  const answer = await fetch(address)
  return { page: await answer.text(), answer }
}

test('who opens a code sees what is asked, pays, and is seen to have paid', async (context) => {
  const merchant = await openMerchant(context)
  const { qrCode } = await openAlipay(merchant).open('order_1')
  const { page, answer } = await look(qrCode)
  assert.equal(answer.status, 200)
  for (const words of ['Sandbox: no real money', '沙箱', '¥ 12.34', 'Corehour', 'order_1', 'Waiting 待付款'])
    assert.ok(page.includes(words), words)
  const paid = await press(merchant, page, 'Pay')
  assert.deepEqual([paid.status, paid.headers.get('location')], [303, new URL(qrCode).pathname])
  const after = (await look(qrCode)).page
  assert.ok(after.includes('Paid 已付款') && !after.includes('<form'))
  await merchant.sandbox.settle()
  assert.equal(merchant.received.length, 1)
})

test('who declines may still pay', async (context) => {
  const merchant = await openMerchant(context)
  const codeUrl = await openWechat(merchant).open('order_1')
  await press(merchant, (await look(codeUrl)).page, 'Decline')
  const { page } = await look(codeUrl)
  assert.ok(page.includes('Declined'))
  await press(merchant, page, 'Pay')
  assert.ok((await look(codeUrl)).page.includes('Paid'))
})

test("PayPal's page leads back to the merchant, and its policy lets it", async (context) => {
  const merchant = await openMerchant(context)
  const id = await openPaypal(merchant).open('order_1')
  const { page, answer } = await look(`${merchant.sandbox.address}/checkoutnow?token=${id}`)
  assert.match(answer.headers.get('content-security-policy')!, /form-action 'self' http:\/\/127\.0\.0\.1:9 /)
  assert.ok(page.includes('USD 12.34'))
  const left = await press(merchant, page, 'Decline')
  assert.equal(left.headers.get('location'), `http://127.0.0.1:9/left?token=${id}`)
  const agreed = await press(merchant, page, 'Pay')
  assert.match(agreed.headers.get('location')!, /^http:\/\/127\.0\.0\.1:9\/back\?token=\w+&PayerID=\w+$/)
})

test('pages run no scripts, and show names as they are', async (context) => {
  const merchant = await openMerchant(context)
  const codeUrl = await openWechat(merchant).open('order_1', 1, { description: '<script>alert("1")</script> & 充值' })
  const { page, answer } = await look(codeUrl)
  assert.match(
    answer.headers.get('content-security-policy')!,
    /^default-src 'none'; style-src 'self'; img-src data:; form-action 'self';/,
  )
  assert.ok(!page.includes('<script'))
  assert.ok(page.includes('&#60;script&#62;alert(&#34;1&#34;)&#60;/script&#62; &#38; 充值'))
  assert.equal((await look(`${merchant.sandbox.address}/cashier/nothing`)).answer.status, 404)
  assert.equal((await fetch(`${merchant.sandbox.address}/cashier/nothing/pay`, { method: 'POST' })).status, 404)
  const style = await fetch(`${merchant.sandbox.address}/sandbox.css`)
  assert.match(style.headers.get('content-type')!, /^text\/css/)
})

test('the home page lists orders, and notices with their answers', async (context) => {
  const merchant = await openMerchant(context)
  const { sandbox, address } = merchant
  assert.ok((await look(sandbox.address)).page.includes('None yet'))
  await openAlipay(merchant).open('order_1')
  sandbox.pay('alipay', 'order_1')
  merchant.answers(500, 'down')
  await sandbox.settle()
  const { page } = await look(sandbox.address)
  for (const words of ['order_1', 'TRADE_SUCCESS', '500 down', 'Next 下次']) assert.ok(page.includes(words), words)
  assert.ok(!page.includes(address), 'no addresses of the merchant')
})
