import type { Words } from '../letter.ts'

// What these letters are about is known to whoever can read the mail of an address. data.link is the way on, which is in the mail alone.

// Who signs up may be anybody, so nothing that was typed is said: no mail of ours carries another's words.
export const confirmSignUp: Words = {
  en: (data) => ({
    subject: 'Confirm your e-mail address',
    paragraphs: [
      'Welcome to Corehour. Confirm that this is your address, with the password that you have just chosen; then your account is open.',
      'The link works once, for 24 hours. If you did not sign up, do nothing: no account is opened.',
    ],
    action: { label: 'Confirm the address', url: String(data.link) },
  }),
  zh: (data) => ({
    subject: '请确认您的邮箱地址',
    paragraphs: [
      '欢迎使用 Corehour。请用您刚才设置的密码确认这是您的邮箱，账户随即开通。',
      '链接 24 小时内有效，只能使用一次。如果不是您本人注册，请忽略此邮件：不会开通任何账户。',
    ],
    action: { label: '确认邮箱', url: String(data.link) },
  }),
}

export const knownAddress: Words = {
  en: (_, { url }) => ({
    subject: 'You have a Corehour account already',
    paragraphs: [
      'Somebody, probably you, asked to use this address for a Corehour account. There is one with it already.',
      'Sign in with it, or set a new password if you have forgotten the old one. If it was not you, there is nothing to do: nothing has changed.',
    ],
    action: { label: 'Set a new password', url: `${url}/reset-password` },
  }),
  zh: (_, { url }) => ({
    subject: '您已有 Corehour 账户',
    paragraphs: [
      '有人（可能是您本人）申请将此邮箱用于 Corehour 账户，而此邮箱已有账户。',
      '请直接登录；如果忘记了密码，可以重新设置。如果不是您本人操作，无需处理：没有任何更改。',
    ],
    action: { label: '重新设置密码', url: `${url}/reset-password` },
  }),
}

export const confirmEmail: Words = {
  en: (data) => ({
    subject: 'Confirm your new e-mail address',
    paragraphs: [
      `${data.name}, you asked to sign in to Corehour with this address. Confirm it with your password; until then the one of before counts.`,
      'The link works once, for 24 hours. If it was not you, do nothing.',
    ],
    action: { label: 'Confirm the address', url: String(data.link) },
  }),
  zh: (data) => ({
    subject: '请确认您的新邮箱地址',
    paragraphs: [
      `${data.name}，您申请改用此邮箱登录 Corehour。请用您的密码确认；在此之前原邮箱继续有效。`,
      '链接 24 小时内有效，只能使用一次。如果不是您本人操作，请忽略此邮件。',
    ],
    action: { label: '确认邮箱', url: String(data.link) },
  }),
}

export const resetPassword: Words = {
  en: (data) => ({
    subject: 'Set a new password',
    paragraphs: [
      `${data.name}, choose a new password for your Corehour account. Every session then ends, and you sign in anew.`,
      'The link works once, for an hour. If you did not ask for it, do nothing: your password stays as it is.',
    ],
    action: { label: 'Choose a new password', url: String(data.link) },
  }),
  zh: (data) => ({
    subject: '重新设置密码',
    paragraphs: [
      `${data.name}，请为您的 Corehour 账户设置新密码。设置后所有登录都会退出，需要重新登录。`,
      '链接 1 小时内有效，只能使用一次。如果不是您本人申请，请忽略此邮件：密码不会改变。',
    ],
    action: { label: '设置新密码', url: String(data.link) },
  }),
}

export const invitation: Words = {
  en: (data) => ({
    subject: 'Your Corehour account awaits you',
    paragraphs: [
      `${data.name}, an account was made for you at Corehour, where the use of compute is paid. Choose a password, and sign in with this address.`,
      'The link works once, for an hour; ask for another where one signs in.',
    ],
    action: { label: 'Choose a password', url: String(data.link) },
  }),
  zh: (data) => ({
    subject: '您的 Corehour 账户已就绪',
    paragraphs: [
      `${data.name}，已为您在 Corehour（计算资源计费系统）创建账户。请设置密码，并用此邮箱登录。`,
      '链接 1 小时内有效，只能使用一次；也可以在登录页面重新申请。',
    ],
    action: { label: '设置密码', url: String(data.link) },
  }),
}
