export { escape, render, type Rendered, type SupportContacts } from './render.ts'
export type { Around, Letter } from './letter.ts'
export {
  claimMail,
  dueMails,
  findMail,
  finishMail,
  forgetMails,
  queueMail,
  queueMails,
  retryMail,
  waitingMails,
  type Mail,
  type MailOrder,
  type MailKind,
} from './mail.ts'
export { openMailServer, type MailServer, type Outcome } from './mailServer.ts'
export { listMessages, noteRead, tellAll, type Data, type Message } from './message.ts'
export { writeLetter, writeLinkLetter } from './write.ts'
