import { peopleRefusals } from './refusalsOfPeople.ts'

/**
 * Every reason for which Corehour says no, with its HTTP status and what to do about it, in both languages.
 * `{name}` in a text is filled from the refusal's details. The set is closed: a code is never reused or renamed.
 */
export const refusals = {
  // what every route may answer
  unauthorized: {
    status: 401,
    en: 'This needs a valid API key (Authorization: Bearer KEY) or somebody who is signed in. It is missing, unknown, or over. Sign in again.',
    zh: '需要有效的 API 密钥（Authorization: Bearer 密钥）或已登录的用户。凭据缺失、未知或已失效。请重新登录。',
  },
  forbidden: {
    status: 403,
    en: 'A {scope} key may not do this; it needs {needed}.',
    zh: '{scope} 密钥不能执行此操作；需要 {needed}。',
  },
  not_found: {
    status: 404,
    en: 'There is nothing at {value}, or nothing that this key may see.',
    zh: '{value} 不存在，或此密钥无权查看。',
  },
  unknown_route: {
    status: 404,
    en: 'This server has no route {value}. /docs lists those that it has; a server of another version may have others.',
    zh: '此服务器没有 {value} 这一接口。/docs 列出其全部接口；其他版本的服务器可能有不同的接口。',
  },
  body_too_large: {
    status: 413,
    en: 'The body is larger than {limit} bytes. Send it in parts.',
    zh: '请求体超过 {limit} 字节。请分批发送。',
  },
  unsupported_media_type: {
    status: 415,
    en: 'The body must be {expected}, not {value}.',
    zh: '请求体必须为 {expected}，而不是 {value}。',
  },
  rate_limited: {
    status: 429,
    en: 'Too many requests: at most {limit} a minute. Try again in {seconds} s.',
    zh: '请求过多：每分钟最多 {limit} 次。请在 {seconds} 秒后重试。',
  },
  busy: {
    status: 503,
    en: 'More is waiting than the server takes in at once; nothing of this request was done. Send it again in {seconds} s.',
    zh: '等待处理的请求过多；本次请求没有执行。请在 {seconds} 秒后重新发送。',
  },
  internal: {
    status: 500,
    en: 'Something went wrong on our side; it has been logged under the request id.',
    zh: '服务器内部出错；已按请求编号记录。',
  },
  unavailable: {
    status: 503,
    en: 'The database does not answer or is not ready; try again in a moment.',
    zh: '数据库没有响应或尚未就绪；请稍后重试。',
  },
  idempotency_key_required: {
    status: 400,
    en: 'This request moves something: name it with an Idempotency-Key header of 1 to 200 characters, so that it is done once however often it is sent.',
    zh: '此请求会产生变更：请用 1 到 200 个字符的 Idempotency-Key 请求头为其命名，重复发送也只执行一次。',
  },
  max_seconds_needed: {
    status: 422,
    en: 'A hold of the whole cost (hold: max) needs max_seconds.',
    zh: '冻结全部费用（hold: max）需要 max_seconds。',
  },
  link_expired: {
    status: 410,
    en: 'This link has expired or is not one of ours. Ask for the export again to get a new one.',
    zh: '此链接已过期或无效。请重新查询导出任务以获取新链接。',
  },
  too_many_exports: {
    status: 429,
    en: 'At most {limit} exports of one caller may be waiting or running. Ask again when one of them is done.',
    zh: '同一调用方最多可有 {limit} 个等待或正在运行的导出任务。请在其中一个完成后再试。',
  },
  ...peopleRefusals,
  // what platforms are asked to do
  span_over: {
    status: 409,
    en: '{value} has ended already ({at}); there is nothing to stop. Look at what runs now.',
    zh: '{value} 已经结束（{at}），无需停止。请查看当前正在运行的内容。',
  },
  action_impossible: {
    status: 422,
    en: 'A {kind} cannot be asked to {action}; possible is: {possible}.',
    zh: '不能对 {kind} 请求 {action}；可用的操作：{possible}。',
  },
  command_over: {
    status: 409,
    en: 'The command {value} is {state} already and cannot be answered differently.',
    zh: '指令 {value} 的状态已为 {state}，不能再作其他答复。',
  },
  // why something may not run
  balance_exhausted: {
    status: 402,
    en: 'Nothing may start: {available} is available and {needed} is needed. Top up first.',
    zh: '不能启动：可用余额为 {available}，需要 {needed}。请先充值。',
  },
  account_blocked: {
    status: 403,
    en: 'The account is blocked: {reason}. Ask support.',
    zh: '账户已被冻结：{reason}。请联系客服。',
  },
  budget_exceeded: {
    status: 402,
    en: 'The budget of {value} does not allow this: {left} is left and {needed} is needed. Ask who manages the project.',
    zh: '{value} 的预算不足：剩余 {left}，需要 {needed}。请联系项目管理员。',
  },
  // amounts and other input
  bad_amount: {
    status: 422,
    en: 'The amount {value} is not a plain decimal with at most {places} places, such as 12.50.',
    zh: '金额 {value} 不是普通小数（最多 {places} 位小数），例如 12.50。',
  },
  amount_too_large: {
    status: 422,
    en: 'The amount {value} is larger than the books can hold ({limit}).',
    zh: '金额 {value} 超过账本可以容纳的上限（{limit}）。',
  },
  bad_quantity: {
    status: 422,
    en: 'The quantity {name}={value} is not usable: {sku} takes {names}, each a plain decimal in quotes from 0 to {limit} with at most 10 places.',
    zh: '数量 {name}={value} 不可用：{sku} 接受 {names}，均须为引号内 0 到 {limit} 之间、最多 10 位小数的普通小数。',
  },
  bad_time: {
    status: 422,
    en: 'The time {value} is not an RFC 3339 instant with a zone, such as 2026-01-01T00:00:00Z.',
    zh: '时间 {value} 不是带时区的 RFC 3339 时刻，例如 2026-01-01T00:00:00Z。',
  },
  bad_event: {
    status: 422,
    en: 'The usage event is not well formed: {detail}. See the API guide for the shape of an event.',
    zh: '用量事件格式不正确：{detail}。事件的格式见 API 指南。',
  },
  bad_request: { status: 400, en: 'The request is not well formed: {detail}.', zh: '请求格式不正确：{detail}。' },
  foreign_source: {
    status: 403,
    en: 'This key sends events of {sources}, not of {value}. Send them with the key of that source.',
    zh: '此密钥只能发送来源为 {sources} 的事件，不能发送 {value} 的事件。请使用该来源的密钥发送。',
  },
  in_future: {
    status: 422,
    en: "The event's time {value} lies in the future. Up to 60 s ahead it waits until then, beyond that it is refused: check the sender's clock.",
    zh: '事件时间 {value} 在将来。提前 60 秒以内的事件会等到该时刻，超过则被拒绝：请检查发送方的时钟。',
  },
  too_old: {
    status: 422,
    en: "The event's time {value} is more than {days} days ago; use that old is corrected by staff, not by events.",
    zh: '事件时间 {value} 早于 {days} 天前；如此久远的用量由工作人员更正，不通过事件更正。',
  },
  // who and what is unknown
  unknown_account: { status: 404, en: 'There is no account {value}.', zh: '账户 {value} 不存在。' },
  unknown_user: { status: 404, en: 'There is no user {value}.', zh: '用户 {value} 不存在。' },
  unknown_project: { status: 404, en: 'There is no project {value}.', zh: '项目 {value} 不存在。' },
  unknown_resource: {
    status: 404,
    en: 'No start of {value} has been seen yet; the event waits for it.',
    zh: '尚未收到 {value} 的启动事件；该事件将等待。',
  },
  unknown_sku: {
    status: 404,
    en: 'No price for {value} was in force at {at}. Publish a price list that holds it.',
    zh: '{at} 时没有 {value} 的有效价格。请发布包含它的价目表。',
  },
  unknown_quote: { status: 404, en: 'There is no quote {value}.', zh: '报价 {value} 不存在。' },
  unknown_hold: { status: 404, en: 'There is no hold {value}.', zh: '冻结 {value} 不存在。' },
  // an event that was taken and changed nothing
  already_running: {
    status: 200,
    en: 'The resource was running already; the event changed nothing.',
    zh: '资源已在运行；该事件没有产生变化。',
  },
  already_stopped: {
    status: 200,
    en: 'The resource was not running; the event changed nothing.',
    zh: '资源并未运行；该事件没有产生变化。',
  },
  project_deleted: {
    status: 409,
    en: 'Project {value} was deleted; nothing new can start in it. Its bills stay.',
    zh: '项目 {value} 已删除，不能再启动新的任务；其账单仍然保留。',
  },
  // prices and quotes
  bad_price_list: {
    status: 422,
    en: 'The price list is not well formed: {detail}.',
    zh: '价目表格式不正确：{detail}。',
  },
  price_list_in_past: {
    status: 409,
    en: 'A price list cannot take effect at {value}, which is past; prices already charged never change.',
    zh: '价目表不能在过去的时间 {value} 生效；已经收取的价格不会改变。',
  },
  price_list_exists: {
    status: 409,
    en: 'Another price list takes effect at {value} already; published lists never change. Choose another instant.',
    zh: '{value} 已有另一份价目表生效；已发布的价目表不会改变。请选择其他时间。',
  },
  quote_expired: {
    status: 409,
    en: 'The quote {value} expired at {at}. Ask for a new one.',
    zh: '报价 {value} 已于 {at} 过期。请重新询价。',
  },
  quote_mismatch: {
    status: 409,
    en: 'The quote {value} is for {quoted}, not for {sku}. Ask for a quote of what is to run.',
    zh: '报价 {value} 针对 {quoted}，而不是 {sku}。请按要运行的配置重新询价。',
  },
  rate_too_large: {
    status: 422,
    en: 'This quantity of {sku} would cost {value} an hour; at most {limit} is possible for one resource.',
    zh: '此数量的 {sku} 每小时费用为 {value}；单个资源每小时最多 {limit}。',
  },
  not_metered: {
    status: 422,
    en: '{sku} is sold by the month and is not charged by the hour.',
    zh: '{sku} 按月出售，不按小时计费。',
  },
  // money
  insufficient_balance: {
    status: 402,
    en: 'This needs {needed} and {available} is available. Top up first.',
    zh: '此操作需要 {needed}，可用余额为 {available}。请先充值。',
  },
  key_reused: {
    status: 409,
    en: 'The key {value} was used before with other content. Use a new key for a new request.',
    zh: '键 {value} 曾用于其他内容。新的请求请使用新的键。',
  },
  payment_reused: {
    status: 409,
    en: 'The payment {value} was credited before with another amount or channel. Check which is right.',
    zh: '付款 {value} 已按其他金额或渠道入账。请核对。',
  },
  wrong_currency: {
    status: 422,
    en: 'The account keeps its books in {expected}, not in {value}.',
    zh: '该账户以 {expected} 记账，而不是 {value}。',
  },
  grant_expired: {
    status: 422,
    en: 'A grant must expire in the future; {value} is past.',
    zh: '赠送金额的到期时间必须在将来；{value} 已过。',
  },
  bad_signature: {
    status: 401,
    en: 'The notice is not signed by {channel}, is stale or cannot be read: {detail}. Nothing was done.',
    zh: '该通知并非由 {channel} 签名、已过期或无法读取：{detail}。未执行任何操作。',
  },
  topup_too_small: {
    status: 422,
    en: 'A top-up is at least {limit}, not {value}.',
    zh: '充值金额至少为 {limit}，而不是 {value}。',
  },
  topup_too_large: {
    status: 422,
    en: 'One order tops up at most {limit}, not {value}. More comes by bank transfer, with the help of support: {contact}.',
    zh: '单笔充值最多 {limit}，而不是 {value}。更大金额请联系客服办理对公转账：{contact}。',
  },
  channel_closed: {
    status: 409,
    en: 'Nothing can be paid by {value} here; open are: {open}.',
    zh: '此处不能使用 {value} 付款；可用的渠道：{open}。',
  },
  too_many_orders: {
    status: 429,
    en: 'At most {limit} orders of one account may wait to be paid. Pay or cancel one of them first.',
    zh: '同一账户最多可有 {limit} 个待付款订单。请先支付或取消其中一个。',
  },
  order_over: {
    status: 409,
    en: 'The order {value} is {state} already and cannot be cancelled.',
    zh: '订单 {value} 的状态已为 {state}，不能取消。',
  },
  dispute_settled: {
    status: 409,
    en: 'The dispute {value} was settled before: {state}.',
    zh: '争议 {value} 此前已处理：{state}。',
  },
  // experience cards
  code_mistyped: {
    status: 422,
    en: 'That is no code: a code has 20 letters and digits, the last of which checks the others. Compare it letter by letter.',
    zh: '这不是有效的兑换码：兑换码由 20 个字母和数字组成，最后一位用于校验。请逐位核对。',
  },
  unknown_code: {
    status: 404,
    en: 'There is no experience card with this code. Compare it with what you were given, or ask whoever gave it to you.',
    zh: '没有与此兑换码对应的体验卡。请与收到的兑换码核对，或联系发放者。',
  },
  code_redeemed: {
    status: 409,
    en: 'The code that ends in {value} was redeemed already, at {at}. A code is good for one card.',
    zh: '末四位为 {value} 的兑换码已于 {at} 兑换。每个兑换码只能兑换一张体验卡。',
  },
  code_revoked: {
    status: 409,
    en: 'The code that ends in {value} was withdrawn. Ask whoever gave it to you.',
    zh: '末四位为 {value} 的兑换码已作废。请联系发放者。',
  },
  code_expired: {
    status: 409,
    en: 'The code that ends in {value} could be redeemed until {at}. Ask whoever gave it to you.',
    zh: '末四位为 {value} 的兑换码的兑换期限为 {at}，现已过期。请联系发放者。',
  },
  code_limit: {
    status: 409,
    en: 'An account redeems one code of this kind, and yours has done so. The code that ends in {value} is still good: give it to somebody else.',
    zh: '每个账户只能兑换一个此类兑换码，您的账户已兑换过。末四位为 {value} 的兑换码仍然有效，可转给他人。',
  },
  too_many_guesses: {
    status: 429,
    en: '{limit} codes that do not exist were tried within an hour. Try again in {seconds} s.',
    zh: '一小时内尝试了 {limit} 个不存在的兑换码。请在 {seconds} 秒后重试。',
  },
  // members
  creator_stays: {
    status: 409,
    en: 'The creator of a project pays for it and cannot be removed or changed.',
    zh: '项目创建者承担项目费用，不能被移除或更改。',
  },
  already_member: {
    status: 409,
    en: 'User {user} is {role} of project {project} already. Change the role instead.',
    zh: '用户 {user} 已是项目 {project} 的 {role}。请改为更改角色。',
  },
  not_a_member: {
    status: 409,
    en: 'User {user} is not a member of project {project}. Add the user first.',
    zh: '用户 {user} 不是项目 {project} 的成员。请先添加该用户。',
  },
  role_needed: {
    status: 403,
    en: 'You are {role} of this project; this needs {needed}.',
    zh: '您在此项目中的角色是 {role}；此操作需要 {needed}。',
  },
  ambiguous_user: {
    status: 409,
    en: 'More than one user has {value}. Name the user by id.',
    zh: '有多个用户使用 {value}。请用用户编号指明。',
  },
  bad_name: {
    status: 422,
    en: 'The name {value} must have 1 to 200 characters, no control characters, and no blank at either end.',
    zh: '名称 {value} 必须为 1 到 200 个字符，不含控制字符，首尾不能有空白。',
  },
  // traces
  trace_unreadable: {
    status: 422,
    en: 'The file {value} cannot be read: {detail}.',
    zh: '无法读取文件 {value}：{detail}。',
  },
  audit_too_long: {
    status: 422,
    en: 'The audit was ended after {seconds} s: these books are too large to be audited through the API. Run corehour audit on the server itself.',
    zh: '审计在 {seconds} 秒后终止：账本过大，无法通过 API 审计。请在服务器上运行 corehour audit。',
  },
  trace_empty: { status: 422, en: 'The file {value} holds no rows.', zh: '文件 {value} 没有任何数据行。' },
  trace_truncated: {
    status: 422,
    en: 'The file {value} ends in the middle of its compression; copy it again.',
    zh: '压缩文件 {value} 不完整，请重新复制。',
  },
  trace_wrong_format: {
    status: 422,
    en: 'The file {value} is not {format}: {detail}. Say which it is with --format sacct, swf or csv.',
    zh: '文件 {value} 不是 {format} 格式：{detail}。请用 --format sacct、swf 或 csv 指明格式。',
  },
  trace_too_long: {
    status: 422,
    en: 'The trace runs from {first} (line {first_line}) to {last} (line {last_line}), and a replay takes at most {years} years. Look at the times of these lines.',
    zh: '该跟踪记录从 {first}（第 {first_line} 行）到 {last}（第 {last_line} 行），而重放最多 {years} 年。请检查这些行的时间。',
  },
  books_not_empty: {
    status: 409,
    en: 'The database holds books already, and a replay needs one without. Name an empty database, or leave --database out.',
    zh: '该数据库已有账本，而重放需要空的数据库。请指定空数据库，或省略 --database。',
  },
} as const satisfies Record<string, { status: number; en: string; zh: string }>

export type RefusalCode = keyof typeof refusals
export type Language = 'en' | 'zh'

/** The text of a refusal in one language, with its details filled in. */
export function explain(code: RefusalCode, details: Record<string, unknown> = {}, language: Language = 'en'): string {
  return refusals[code][language].replace(/\{(\w+)\}/g, (_, name: string) => String(details[name] ?? '?'))
}
