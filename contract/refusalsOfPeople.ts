/** Why people are not let in, or may not do something; a part of the one closed set (refusals.ts). */
export const peopleRefusals = {
  wrong_password: {
    status: 422,
    en: 'The e-mail address and the password do not go together. Check both, or ask for a new password; an address counts once it is confirmed.',
    zh: '邮箱与密码不匹配。请检查后重试，或申请重置密码；邮箱确认后才能使用。',
  },
  too_many_attempts: {
    status: 429,
    en: 'That was tried too often. Try again in {seconds} s.',
    zh: '尝试次数过多。请在 {seconds} 秒后重试。',
  },
  bad_password: {
    status: 422,
    en: 'A password has {least} to {most} characters. A few words in a row are a good one.',
    zh: '密码长度须为 {least} 到 {most} 个字符。由几个词连成的密码就很好。',
  },
  common_password: {
    status: 422,
    en: 'This password is one of the first that anybody would try. Choose another.',
    zh: '此密码过于常见，容易被猜到。请换一个。',
  },
  bad_email: {
    status: 422,
    en: 'This is not an e-mail address by which somebody can sign in, such as ada@example.org.',
    zh: '这不是可用于登录的邮箱地址，例如 ada@example.org。',
  },
  link_spent: {
    status: 410,
    en: 'This link was used already, is over, or is not one of ours. Ask for a new mail.',
    zh: '此链接已使用、已过期或无效。请重新申请邮件。',
  },
  foreign_origin: {
    status: 403,
    en: 'Who is signed in changes something only from pages of this server, which send X-Corehour-Client. Open the console anew, or use an API key.',
    zh: '已登录用户只能从本服务器的页面进行更改，这些页面会发送 X-Corehour-Client。请重新打开控制台，或使用 API 密钥。',
  },
  people_only: {
    status: 403,
    en: 'This is for people who are signed in, not for keys. Sign in with e-mail address and password.',
    zh: '此操作仅限已登录的用户，不能使用密钥。请用邮箱和密码登录。',
  },
  view_only: {
    status: 403,
    en: 'You look at the account of {name}: here nothing can be changed. Leave the view, and act as staff.',
    zh: '您正在查看 {name} 的账户：此处不能进行任何更改。请退出查看，以工作人员身份操作。',
  },
  view_over: {
    status: 403,
    en: 'Your view of the account of {name} is over. Open another with its reason, from the page of the account.',
    zh: '您对 {name} 账户的查看已结束。请从账户页面说明原因后重新打开。',
  },
  staff_role_needed: {
    status: 403,
    en: 'Your role among the staff is {role}; this needs {needed}. Ask an operator.',
    zh: '您的工作人员角色是 {role}；此操作需要 {needed}。请联系运营管理员。',
  },
} as const satisfies Record<string, { status: number; en: string; zh: string }>
