import type { FastifyInstance, FastifyReply } from 'fastify'
import { chinaTime } from './clock.ts'
import { html, type Html } from './html.ts'
import { decimalOf } from './money.ts'
import { decline, pay, see } from './pay.ts'
import { detailsOf, PAYER } from './paypal/describe.ts'
import { moneyOf } from './paypal/money.ts'
import type { Stand } from './stand.ts'
import type { Notice, Trade } from './store.ts'
import { STYLE } from './style.ts'
import { isExpired } from './trade.ts'

const NAMES = { alipay: 'Alipay 支付宝', wechat: 'WeChat Pay 微信支付', paypal: 'PayPal' }
const SHOWN = 20

type ByNumber = { Params: { number: string } }

/** The pages for a person: what a code or a link opens, and what happened lately. No scripts. */
export function serveCashier(http: FastifyInstance, stand: Stand): void {
  http.get('/sandbox.css', async (_request, reply) => reply.type('text/css; charset=utf-8').send(STYLE))
  http.get('/', async (_request, reply) => show(reply, 'Sandbox', homePage(stand)))
  http.get<ByNumber>('/cashier/:number', async (request, reply) => openCashier(stand, request.params.number, reply))
  http.get<{ Querystring: { token?: string } }>('/checkoutnow', async (request, reply) =>
    openCashier(stand, request.query.token ?? '', reply),
  )
  http.post<ByNumber>('/cashier/:number/pay', async (request, reply) => {
    const trade = stand.store.trade(request.params.number)
    if (!trade) return showMissing(reply)
    const outcome = pay(stand, trade)
    const back = outcome === 'approved' ? returnTo(trade, detailsOf(trade).return_url, true) : undefined
    return reply.redirect(back ?? `/cashier/${trade.number}`, 303)
  })
  http.post<ByNumber>('/cashier/:number/decline', async (request, reply) => {
    const trade = stand.store.trade(request.params.number)
    if (!trade) return showMissing(reply)
    decline(stand, trade)
    const back = trade.channel === 'paypal' ? returnTo(trade, detailsOf(trade).cancel_url, false) : undefined
    return reply.redirect(back ?? `/cashier/${trade.number}`, 303)
  })
}

function openCashier(stand: Stand, number: string, reply: FastifyReply): FastifyReply {
  const found = stand.store.trade(number)
  if (!found) return showMissing(reply)
  const trade = see(stand, found)
  const details = trade.channel === 'paypal' ? detailsOf(trade) : undefined
  // Browsers hold a form's redirects against the policy too.
  const targets = [details?.return_url, details?.cancel_url].flatMap((url) => URL.parse(url ?? '')?.origin ?? [])
  return show(reply, 'Sandbox cashier', cashierPage(stand, trade), targets)
}

/** Where PayPal sends the payer back to, with what it adds. */
function returnTo(trade: Trade, address: string | undefined, agreed: boolean): string | undefined {
  const url = URL.parse(address ?? '')
  if (!url || !/^https?:$/.test(url.protocol)) return undefined
  url.searchParams.set('token', trade.number)
  if (agreed) url.searchParams.set('PayerID', PAYER.payer_id)
  return url.href
}

function cashierPage(stand: Stand, trade: Trade): Html {
  const state = stateOf(stand, trade)
  const open = state.open
    ? html`<form method="post" action="/cashier/${trade.number}/pay"><button class="pay">Pay 付款</button></form>
        <form method="post" action="/cashier/${trade.number}/decline"><button>Decline 不付</button></form>`
    : html`<p class="hint">You can close this page. 可以关闭此页。</p>`
  return html`<main class="card ${trade.channel}">
    <p class="banner"><strong>Sandbox: no real money</strong> 沙箱：没有真实资金</p>
    <p class="channel">${NAMES[trade.channel]}</p>
    <h1>${amountOf(trade)}</h1>
    <p class="state ${state.kind}">${state.text}</p>
    <dl>
      <div>
        <dt>Pay to 收款方</dt>
        <dd>Corehour</dd>
      </div>
      <div>
        <dt>For 商品</dt>
        <dd>${trade.subject || '–'}</dd>
      </div>
      <div>
        <dt>Order 订单</dt>
        <dd><code>${trade.orderId}</code></dd>
      </div>
      <div>
        <dt>Open until 有效期至</dt>
        <dd>${chinaTime(trade.expiresAt).slice(0, 16)} UTC+8</dd>
      </div>
    </dl>
    <div class="buttons">${open}</div>
  </main>`
}

function homePage(stand: Stand): Html {
  const trades = stand.store.recentTrades(SHOWN)
  const notices = stand.store.recentNotices(SHOWN)
  return html`<main class="wide">
    <p class="banner"><strong>Sandbox: no real money</strong> 沙箱：没有真实资金</p>
    <h1>Payment sandbox <small>支付沙箱</small></h1>
    <p class="hint">Stands in for Alipay, WeChat Pay and PayPal. 代替支付宝、微信支付和 PayPal。</p>
    <h2>Orders 订单</h2>
    ${trades.length === 0 ? html`<p class="hint">None yet. 暂无。</p>` : tradeTable(stand, trades)}
    <h2>Notices 通知</h2>
    ${notices.length === 0 ? html`<p class="hint">None yet. 暂无。</p>` : noticeTable(stand, notices)}
  </main>`
}

function tradeTable(stand: Stand, trades: Trade[]): Html {
  const rows = trades.map((trade) => {
    const state = stateOf(stand, trade)
    return html`<tr>
      <td>${chinaTime(trade.openedAt)}</td>
      <td>${NAMES[trade.channel]}</td>
      <td>
        <a href="/cashier/${trade.number}"><code>${trade.orderId}</code></a>
      </td>
      <td class="money">${amountOf(trade)}</td>
      <td><span class="state ${state.kind}">${state.text}</span></td>
    </tr>`
  })
  return html`<div class="scroll">
    <table>
      <thead>
        <tr>
          <th>Opened 时间</th>
          <th>Channel 渠道</th>
          <th>Order 订单</th>
          <th class="money">Amount 金额</th>
          <th>State 状态</th>
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>
  </div>`
}

function noticeTable(stand: Stand, notices: Notice[]): Html {
  const rows = notices.map((notice) => {
    const last = stand.store.deliveriesOf(notice.noticeId).at(-1)
    const heard = last ? `${last.status ?? 'no answer'} ${last.answer.slice(0, 60)}` : '–'
    const state = notice.answeredAt
      ? 'Answered 已应答'
      : notice.dueAt
        ? `Next 下次 ${chinaTime(notice.dueAt)}`
        : 'Not sent again 不再发送'
    return html`<tr>
      <td>${chinaTime(notice.madeAt)}</td>
      <td>${NAMES[notice.channel]}</td>
      <td><code>${notice.kind}</code></td>
      <td class="money">${String(notice.sends)}</td>
      <td>${state}</td>
      <td><code>${heard}</code></td>
    </tr>`
  })
  return html`<div class="scroll">
    <table>
      <thead>
        <tr>
          <th>Made 时间</th>
          <th>Channel 渠道</th>
          <th>Kind 类型</th>
          <th class="money">Sends 次数</th>
          <th>State 状态</th>
          <th>Last answer 最近应答</th>
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>
  </div>`
}

function stateOf(stand: Stand, trade: Trade): { text: string; kind: string; open: boolean } {
  if (stand.store.paymentsOf(trade.number).length > 0) return { text: 'Paid 已付款', kind: 'good', open: false }
  if (trade.approvedAt) return { text: 'Agreed 已同意', kind: 'good', open: false }
  if (trade.closedAt) return { text: 'Closed 已关闭', kind: 'over', open: false }
  if (isExpired(stand, trade)) return { text: 'Expired 已过期', kind: 'over', open: false }
  if (trade.declinedAt) return { text: 'Declined 已取消', kind: 'over', open: true }
  return { text: 'Waiting 待付款', kind: 'waiting', open: true }
}

function amountOf(trade: Trade): string {
  if (trade.currency === 'CNY') return `¥ ${decimalOf(trade.minor)}`
  return `${trade.currency} ${moneyOf(trade.currency, trade.minor).value}`
}

function showMissing(reply: FastifyReply): FastifyReply {
  return show(
    reply.code(404),
    'Not found',
    html`<main class="card">
      <h1>Not found 不存在</h1>
      <p class="hint">No such order. 没有这个订单。</p>
    </main>`,
  )
}

function show(reply: FastifyReply, title: string, body: Html, formTargets: string[] = []): FastifyReply {
  const form = ["'self'", ...formTargets].join(' ')
  return reply
    .header(
      'content-security-policy',
      `default-src 'none'; style-src 'self'; img-src data:; form-action ${form}; base-uri 'none'; frame-ancestors 'none'`,
    )
    .headers({ 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer', 'cache-control': 'no-store' })
    .type('text/html; charset=utf-8')
    .send(
      html`<!doctype html>
        <html lang="en">
          <head>
            <meta charset="utf-8" />
            <meta name="viewport" content="width=device-width, initial-scale=1" />
            <title>${title}</title>
            <link rel="stylesheet" href="/sandbox.css" />
            <link rel="icon" href="data:," />
          </head>
          <body>
            ${body}
          </body>
        </html>`.html,
    )
}
