import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CannotStart } from './cannot-start.ts'
import { readTopUps, type TopUpSettings } from './topUpSettings.ts'

/** What an operator may set, read from the environment here and nowhere else. */
export type Config = {
  port: number
  host: string
  /** A PostgreSQL of the operator's own; without it the embedded one is used. */
  databaseUrl: string | undefined
  /** Where the embedded PostgreSQL keeps its books. */
  dataFolder: string
  /** In which days and months are reckoned. */
  timeZone: string
  /** Requests a minute by one customer's or staff's key, or by one address without a key. */
  requestsAMinute: number
  /** Where people reach this server, without a slash at the end; links in mails begin with it. Undefined: where it listens. */
  publicUrl: string | undefined
  /** Reverse proxies whose word on a caller's address is taken. */
  proxies: readonly string[]
  /** Through which server mail goes. Undefined: it stays in the outbox. */
  smtpUrl: string | undefined
  /** Whom mail comes from. */
  mailFrom: string
  /** Whom people may ask: transfers, invoices, refunds. */
  support: Support
  /** After so many hours a hold is given back whose job has not started. */
  holdHours: number
  /** How money comes in. */
  topUps: TopUpSettings
}
export type Support = { email: string | undefined; phone: string | undefined }
type Environment = Record<string, string | undefined>

export const CHECKOUT = fileURLToPath(new URL('../../', import.meta.url))
export const VERSION: string = JSON.parse(readFileSync(join(CHECKOUT, 'package.json'), 'utf8')).version

/**
 * Reads PORT (0 to 65535; 0 takes a free one; default 8087), HOST (default 127.0.0.1), DATABASE_URL, COREHOUR_DATA,
 * COREHOUR_TIME_ZONE (default Asia/Shanghai), COREHOUR_REQUESTS_A_MINUTE (default 1200), COREHOUR_HOLD_HOURS (1 to 720,
 * default 24), COREHOUR_PUBLIC_URL, COREHOUR_PROXIES (addresses or ranges, with commas), COREHOUR_SMTP_URL, COREHOUR_MAIL_FROM (needed
 * with it), COREHOUR_SUPPORT_EMAIL, COREHOUR_SUPPORT_PHONE and those of top-ups (`readTopUps`).
 * An empty value counts as not set.
 * @throws CannotStart when a value can't be used
 */
export function readConfig(environment: Environment = process.env): Config {
  return {
    port: readPort(environment.PORT || '8087'),
    host: environment.HOST || '127.0.0.1',
    databaseUrl: readDatabaseUrl(environment.DATABASE_URL || undefined),
    dataFolder: environment.COREHOUR_DATA ? resolve(environment.COREHOUR_DATA) : defaultDataFolder(),
    timeZone: readTimeZone(environment.COREHOUR_TIME_ZONE || 'Asia/Shanghai'),
    requestsAMinute: readRequests(environment.COREHOUR_REQUESTS_A_MINUTE || '1200'),
    publicUrl: readPublicUrl(environment.COREHOUR_PUBLIC_URL || undefined),
    proxies: readProxies(environment.COREHOUR_PROXIES || ''),
    ...readMail(environment.COREHOUR_SMTP_URL || undefined, environment.COREHOUR_MAIL_FROM || undefined),
    support: {
      email: readSupportEmail(environment.COREHOUR_SUPPORT_EMAIL || undefined),
      phone: environment.COREHOUR_SUPPORT_PHONE || undefined,
    },
    holdHours: readHoldHours(environment.COREHOUR_HOLD_HOURS || '24'),
    topUps: readTopUps(environment),
  }
}

/**
 * Two clones never share books: each has its folder. Root's lies under /var/lib, because the database runs as another
 * user, who may not be able to reach the checkout.
 */
export function defaultDataFolder(checkout = CHECKOUT, uid = process.getuid?.()): string {
  if (uid !== 0) return join(checkout, '.corehour')
  return join('/var/lib/corehour', createHash('sha256').update(resolve(checkout)).digest('hex').slice(0, 16))
}

function readPort(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65535) {
    throw new CannotStart(`PORT must be a whole number from 0 to 65535, not '${text}'`)
  }
  return Number(text)
}

function readRequests(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text))
    throw new CannotStart(`COREHOUR_REQUESTS_A_MINUTE must be a whole number from 1, not '${text}'`)
  return Number(text)
}

/** Thirty days: what waits longer in a queue is admitted anew. */
const MOST_HOLD_HOURS = 720

function readHoldHours(text: string): number {
  if (!/^[1-9]\d{0,2}$/.test(text) || Number(text) > MOST_HOLD_HOURS)
    throw new CannotStart(`COREHOUR_HOLD_HOURS must be a whole number from 1 to ${MOST_HOLD_HOURS}, not '${text}'`)
  return Number(text)
}

function readDatabaseUrl(text: string | undefined): string | undefined {
  // The value itself is not shown: it may hold a password.
  if (text !== undefined && !/^postgres(ql)?:\/\//.test(text)) {
    throw new CannotStart('DATABASE_URL must look like postgres://user:password@host:5432/database')
  }
  return text
}

function readTimeZone(text: string): string {
  try {
    return Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(text).timeZoneId
  } catch {
    throw new CannotStart(`COREHOUR_TIME_ZONE must be an IANA time zone such as Asia/Shanghai, not '${text}'`)
  }
}

function readPublicUrl(text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  const url = URL.parse(text)
  const isPlain = url && /^https?:$/.test(url.protocol) && url.pathname === '/' && !/[?#@]/.test(text)
  if (!isPlain) throw new CannotStart(`COREHOUR_PUBLIC_URL must look like https://billing.example.org, not '${text}'`)
  return url.origin
}

/** What goes through a proxy that is not named comes from the proxy: nobody may claim another address. */
function readProxies(text: string): string[] {
  const proxies = text.split(',').flatMap((each) => each.trim() || [])
  for (const each of proxies) {
    const [address, bits] = each.split('/') as [string, string?]
    const most = isIP(address) === 6 ? 128 : 32
    if (!isIP(address) || (bits !== undefined && !(/^\d{1,3}$/.test(bits) && Number(bits) <= most)))
      throw new CannotStart(`COREHOUR_PROXIES must hold addresses such as 10.0.0.1 or 10.0.0.0/8, not '${each}'`)
  }
  return proxies
}

const MAILBOX = /^(?:[^<>"\r\n]{1,100} )?<?[^\s@<>",;()]{1,64}@[^\s@<>",;()]{1,189}>?$/

function readMail(smtpUrl: string | undefined, from: string | undefined): Pick<Config, 'smtpUrl' | 'mailFrom'> {
  // The value itself is not shown: it may hold a password.
  if (smtpUrl !== undefined && !/^smtps?:\/\/[^\s/]+/.test(smtpUrl))
    throw new CannotStart('COREHOUR_SMTP_URL must look like smtps://user:password@mail.example.org:465')
  if (smtpUrl !== undefined && from === undefined)
    throw new CannotStart('COREHOUR_SMTP_URL needs COREHOUR_MAIL_FROM: whom mail comes from')
  if (from !== undefined && !MAILBOX.test(from))
    throw new CannotStart(`COREHOUR_MAIL_FROM must look like Corehour <billing@example.org>, not '${from}'`)
  return { smtpUrl, mailFrom: from ?? 'Corehour <corehour@localhost>' }
}

function readSupportEmail(text: string | undefined): string | undefined {
  if (text !== undefined && (text.includes(' ') || !MAILBOX.test(text)))
    throw new CannotStart(`COREHOUR_SUPPORT_EMAIL must be an address such as help@example.org, not '${text}'`)
  return text
}
