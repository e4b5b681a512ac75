import type { Words } from '../letter.ts'

export const passwordChanged: Words = {
  en: (data, { url }) => ({
    subject: 'Your password was changed',
    paragraphs: [
      `${data.name}, the password of your Corehour account has just been set anew, and every other session has ended.`,
      'If it was not you, set a new one now, and look at your API keys in the settings: those go on working.',
    ],
    action: { label: 'It was not me', url: `${url}/reset-password` },
  }),
  zh: (data, { url }) => ({
    subject: '您的密码已更改',
    paragraphs: [
      `${data.name}，您的 Corehour 账户密码刚刚被重新设置，其他登录均已退出。`,
      '如果不是您本人操作，请立即重新设置密码，并在设置中检查您的 API 密钥：密钥仍然有效。',
    ],
    action: { label: '不是我本人操作', url: `${url}/reset-password` },
  }),
}

export const emailChanged: Words = {
  en: (data) => ({
    subject: 'Your e-mail address was changed',
    paragraphs: [
      `${data.name}, your Corehour account has another e-mail address from now on; ${data.former} signs in no more.`,
      'If it was not you, answer support at once: whoever did it knows your password.',
    ],
  }),
  zh: (data) => ({
    subject: '您的邮箱地址已更改',
    paragraphs: [
      `${data.name}，您的 Corehour 账户已改用新的邮箱地址；${data.former} 不能再用于登录。`,
      '如果不是您本人操作，请立即联系客服：对方知道您的密码。',
    ],
  }),
}
