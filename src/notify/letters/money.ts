import { day, money, type Words } from '../letter.ts'

export const topUpPaid: Words = {
  en: (data, { url }) => ({
    subject: `${money(data, 'amount')} topped up`,
    paragraphs: [
      `Your payment has arrived: ${money(data, 'amount')} is on your account.`,
      ...(data.arrears_paid === '0' ? [] : [`${money(data, 'arrears_paid')} of it paid what was owed.`]),
    ],
    action: { label: 'See the balance', url: `${url}/` },
  }),
  zh: (data, { url }) => ({
    subject: `已充值 ${money(data, 'amount')}`,
    paragraphs: [
      `您的付款已到账：${money(data, 'amount')} 已存入您的账户。`,
      ...(data.arrears_paid === '0' ? [] : [`其中 ${money(data, 'arrears_paid')} 已用于抵扣欠费。`]),
    ],
    action: { label: '查看余额', url: `${url}/` },
  }),
}

export const topUpDisputed: Words = {
  en: (data, { url }) => ({
    subject: 'Your payment is being looked into',
    paragraphs: [
      `A payment of yours has arrived, ${data.paid}, that does not fit its order. Nothing is lost: our staff look into it, and credit it or pay it back.`,
    ],
    action: { label: 'See the order', url: `${url}/top-up/${data.order_id}` },
  }),
  zh: (data, { url }) => ({
    subject: '您的付款正在核对',
    paragraphs: [`我们收到了您的一笔付款（${data.paid}），但与订单不符。款项不会丢失：工作人员核对后会入账或退回。`],
    action: { label: '查看订单', url: `${url}/top-up/${data.order_id}` },
  }),
}

export const cardIssued: Words = {
  en: (data, around) => ({
    subject: `An experience card of ${money(data, 'amount')} for you`,
    paragraphs: [
      `${money(data, 'amount')} was added to your account. It is used before your own money, until ${day(data, 'expires_at', around)}.`,
    ],
    action: { label: 'See the balance', url: `${around.url}/` },
  }),
  zh: (data, around) => ({
    subject: `您获得了 ${money(data, 'amount')} 的体验卡`,
    paragraphs: [
      `${money(data, 'amount')} 已加入您的账户，将优先于您的现金使用，有效期至 ${day(data, 'expires_at', around)}。`,
    ],
    action: { label: '查看余额', url: `${around.url}/` },
  }),
}

export const cardExpiring: Words = {
  en: (data, around) => ({
    subject: `${money(data, 'remaining')} of your experience card end on ${day(data, 'expires_at', around)}`,
    paragraphs: [
      `${money(data, 'remaining')} of an experience card are left. What is not used by ${day(data, 'expires_at', around)} ends then.`,
    ],
    action: { label: 'See the balance', url: `${around.url}/` },
  }),
  zh: (data, around) => ({
    subject: `您的体验卡还有 ${money(data, 'remaining')} 将于 ${day(data, 'expires_at', around)} 到期`,
    paragraphs: [
      `体验卡余额为 ${money(data, 'remaining')}，未用完的部分将于 ${day(data, 'expires_at', around)} 到期失效。`,
    ],
    action: { label: '查看余额', url: `${around.url}/` },
  }),
}
