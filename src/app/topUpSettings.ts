import { readFileSync } from 'node:fs'
import { LARGEST_AMOUNT, parseDecimal, parseAmount } from '../base/index.ts'
import type { AlipaySettings, Exchange, PaypalSettings, WechatSettings } from '../payments/index.ts'
import { CannotStart } from './cannot-start.ts'

/** How money comes in, as the operator set it. Addresses of notices are the server's own, and added when it is known where it listens. */
export type TopUpSettings = {
  /** The least and the most that one order tops up, in grains. */
  least: bigint
  most: bigint
  alipay: Omit<AlipaySettings, 'notifyUrl'> | undefined
  wechat: Omit<WechatSettings, 'notifyUrl'> | undefined
  paypal: Omit<PaypalSettings, 'returnUrl' | 'cancelUrl'> | undefined
  /** How yuan become PayPal's currency. */
  exchange: Exchange | undefined
  /** Whether stand-ins take the gateways' place where none is set. */
  sandbox: boolean
}
type Environment = Record<string, string | undefined>

/**
 * Reads COREHOUR_TOPUP_LEAST (default 1), COREHOUR_TOPUP_MOST (default 20000), COREHOUR_SANDBOX (off: none) and what each gateway needs
 * (COREHOUR_ALIPAY_.., COREHOUR_WECHAT_.., COREHOUR_PAYPAL_..; keys and secrets as values, or in files named by .._FILE).
 * @throws CannotStart for what can't be used, and for a gateway that is set in part
 */
export function readTopUps(environment: Environment): TopUpSettings {
  const [least, most] = [readLimit(environment, 'LEAST', '1'), readLimit(environment, 'MOST', '20000')]
  if (least > most) throw new CannotStart('COREHOUR_TOPUP_LEAST must not be above COREHOUR_TOPUP_MOST')
  const paypal = readPaypal(readGroup(environment, 'PAYPAL'))
  return {
    least,
    most,
    alipay: readAlipay(readGroup(environment, 'ALIPAY')),
    wechat: readWechat(readGroup(environment, 'WECHAT')),
    paypal: paypal?.settings,
    exchange: paypal?.exchange,
    sandbox: readSwitch(environment.COREHOUR_SANDBOX || 'on'),
  }
}

/** The settings of one gateway: undefined where none of them is set. */
type Group = {
  /** @throws CannotStart where it is missing. */
  need(name: string): string
  maybe(name: string): string | undefined
}

function readGroup(environment: Environment, gateway: string): Group | undefined {
  const prefix = `COREHOUR_${gateway}_`
  if (!Object.entries(environment).some(([name, value]) => name.startsWith(prefix) && value)) return undefined
  const maybe = (name: string) => {
    const file = environment[`${prefix}${name}_FILE`]
    return environment[prefix + name] || (file ? readSecret(`${prefix}${name}_FILE`, file) : undefined)
  }
  return {
    maybe,
    need(name) {
      const value = maybe(name)
      if (value === undefined) throw new CannotStart(`${prefix}${name} is needed with the other settings of ${prefix}*`)
      return value
    },
  }
}

function readSecret(name: string, file: string): string {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch (error) {
    throw new CannotStart(`${name}: ${file} can't be read (${(error as NodeJS.ErrnoException).code})`)
  }
}

function readAlipay(group: Group | undefined): TopUpSettings['alipay'] {
  return (
    group && {
      ...urlOf(group),
      appId: group.need('APP_ID'),
      sellerId: group.need('SELLER_ID'),
      privateKey: group.need('PRIVATE_KEY'),
      alipayPublicKeys: keysIn(group.need('PUBLIC_KEY')),
    }
  )
}

function readWechat(group: Group | undefined): TopUpSettings['wechat'] {
  if (!group) return undefined
  const keyId = group.maybe('PUBLIC_KEY_ID')
  return {
    ...urlOf(group),
    appId: group.need('APP_ID'),
    mchId: group.need('MCH_ID'),
    serial: group.need('SERIAL'),
    privateKey: group.need('PRIVATE_KEY'),
    apiV3Key: group.need('API_V3_KEY'),
    publicKeys: keyId === undefined ? {} : { [keyId]: group.need('PUBLIC_KEY') },
  }
}

function readPaypal(group: Group | undefined) {
  if (!group) return undefined
  const settings = {
    ...urlOf(group),
    ...certificatesOf(group),
    clientId: group.need('CLIENT_ID'),
    clientSecret: group.need('CLIENT_SECRET'),
    merchantId: group.need('MERCHANT_ID'),
    webhookId: group.need('WEBHOOK_ID'),
    currency: group.maybe('CURRENCY') ?? 'USD',
  }
  if (!/^[A-Z]{3}$/.test(settings.currency) || settings.currency === 'CNY')
    throw new CannotStart(
      `COREHOUR_PAYPAL_CURRENCY must be a currency such as USD, and not CNY: '${settings.currency}'`,
    )
  const exchange = {
    rate: readPart('COREHOUR_PAYPAL_RATE', group.need('RATE'), (digits) => digits > 0n),
    margin: readPart('COREHOUR_PAYPAL_MARGIN', group.maybe('MARGIN') ?? '0.02', (digits, one) => digits < one),
    source: 'COREHOUR_PAYPAL_RATE',
  }
  return { settings, exchange }
}

/** A plain decimal, as it stands. */
function readPart(name: string, text: string, isSound: (digits: bigint, one: bigint) => boolean): string {
  const decimal = parseDecimal(text)
  if (decimal && decimal.digits >= 0n && decimal.places <= 10 && isSound(decimal.digits, 10n ** BigInt(decimal.places)))
    return text
  throw new CannotStart(`${name} must be a decimal such as 7.10 (a rate) or 0.02 (a margin, below 1), not '${text}'`)
}

function urlOf(group: Group): { url?: string } {
  const url = group.maybe('URL')
  if (url !== undefined && !/^https?:$/.test(URL.parse(url)?.protocol ?? ''))
    throw new CannotStart(`a gateway's .._URL must look like https://openapi.alipay.com/gateway.do, not '${url}'`)
  return url === undefined ? {} : { url }
}

/** Where PayPal's certificates may lie when it is not at its own address: there, and beside it, as with PayPal's test system. */
function certificatesOf(group: Group): { certificateUrls?: string[] } {
  const { url } = urlOf(group)
  if (url === undefined) return {}
  const { origin } = new URL(url)
  return {
    certificateUrls: [origin, origin.replace('//api-m.', '//api.')].map((each) => `${each}/v1/notifications/certs/`),
  }
}

/** One key as it is, or several in PEM, one after another. */
function keysIn(text: string): string[] {
  return text.match(/-----BEGIN [^-]+-----[^-]+-----END [^-]+-----/g) ?? [text]
}

function readLimit(environment: Environment, name: string, otherwise: string): bigint {
  const text = environment[`COREHOUR_TOPUP_${name}`] || otherwise
  try {
    return parseAmount(text)
  } catch {
    const most = LARGEST_AMOUNT / parseAmount('1')
    throw new CannotStart(`COREHOUR_TOPUP_${name} must be an amount from 0.01 to ${most} such as 20000, not '${text}'`)
  }
}

function readSwitch(text: string): boolean {
  if (text === 'on' || text === 'off') return text === 'on'
  throw new CannotStart(`COREHOUR_SANDBOX must be on or off, not '${text}'`)
}
