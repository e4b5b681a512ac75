import type { Language } from '@corehour/contract'
import type { Letter } from './letter.ts'

/** A mail as it goes out. */
export type Rendered = { subject: string; text: string; html: string }
/** Whom people may ask. */
export type SupportContacts = { email: string | undefined; phone: string | undefined }

const WORDS = {
  en: { ask: 'Questions?', automatic: 'This mail was written by Corehour itself.', link: 'Or copy this address:' },
  zh: { ask: '如有疑问：', automatic: '此邮件由 Corehour 自动发送。', link: '或复制以下地址：' },
}

/** Gives a letter its form, plain and as HTML, with the one foot that all have. */
export function render(letter: Letter, language: Language, support: SupportContacts): Rendered {
  const { subject, paragraphs, action } = letter
  const words = WORDS[language]
  const contacts = [support.email, support.phone].filter((each) => each !== undefined)
  const foot = [...(contacts.length > 0 ? [`${words.ask} ${contacts.join(' · ')}`] : []), words.automatic]
  const text = [...paragraphs, ...(action ? [`${action.label}:\n${action.url}`] : []), `-- \n${foot.join('\n')}`]
  return { subject, text: `${text.join('\n\n')}\n`, html: page(letter, language, foot) }
}

/** Tables and inline styles: what mail programs show alike. No picture and nothing from anywhere else, so it can't be traced. */
function page({ subject, paragraphs, action }: Letter, language: Language, foot: readonly string[]): string {
  const button = action
    ? `<table role="presentation" cellpadding="0" cellspacing="0" style="margin:28px 0 20px"><tr><td style="border-radius:8px;background:#0b6e5f">
<a href="${escape(action.url)}" style="display:inline-block;padding:12px 22px;font-weight:600;color:#ffffff;text-decoration:none">${escape(action.label)}</a></td></tr></table>
<p style="${SMALL}">${WORDS[language].link}<br><a href="${escape(action.url)}" style="color:#0b6e5f;word-break:break-all">${escape(action.url)}</a></p>`
    : ''
  return `<!doctype html>
<html lang="${language === 'zh' ? 'zh-CN' : 'en'}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">
<title>${escape(subject)}</title></head>
<body style="margin:0;padding:0;background:#f3f5f7">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="background:#f3f5f7"><tr><td align="center" style="padding:32px 16px">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="max-width:560px;background:#ffffff;border:1px solid #e1e6eb;border-radius:12px">
<tr><td style="padding:28px 32px 32px;font:16px/1.6 ${FONT};color:#1c2430">
<p style="margin:0 0 24px;font-size:13px;font-weight:700;letter-spacing:.08em;color:#0b6e5f">COREHOUR</p>
<h1 style="margin:0 0 16px;font-size:22px;line-height:1.3;font-weight:650">${escape(subject)}</h1>
${paragraphs.map((each) => `<p style="margin:0 0 14px">${escape(each)}</p>`).join('\n')}
${button}</td></tr></table>
<p style="${SMALL};margin:18px 0 0">${foot.map(escape).join('<br>')}</p>
</td></tr></table>
</body>
</html>
`
}

const FONT = "system-ui,-apple-system,'Segoe UI','PingFang SC','Microsoft YaHei',sans-serif"
const SMALL = `margin:0;font:13px/1.6 ${FONT};color:#5a6675`

/** Names come from people: nothing in them is markup. */
export function escape(text: string): string {
  return text.replace(/[&<>"']/g, (each) => `&#${each.charCodeAt(0)};`)
}
