import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CannotStart } from './cannot-start.ts'

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
}
type Environment = Record<string, string | undefined>

export const CHECKOUT = fileURLToPath(new URL('../../', import.meta.url))
export const VERSION: string = JSON.parse(readFileSync(join(CHECKOUT, 'package.json'), 'utf8')).version

/**
 * Reads PORT (0 to 65535; 0 takes a free one; default 8087), HOST (default 127.0.0.1), DATABASE_URL, COREHOUR_DATA,
 * COREHOUR_TIME_ZONE (default Asia/Shanghai) and COREHOUR_REQUESTS_A_MINUTE (default 1200). An empty value counts as not set.
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
