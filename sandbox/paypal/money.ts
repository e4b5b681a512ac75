import { textOf, type Content } from '../content.ts'
import { decimalOf, minorOf } from '../money.ts'

/** What PayPal takes payments in; CNY only within China, and so not here. */
const CURRENCIES = 'AUD BRL CAD CHF CZK DKK EUR GBP HKD HUF ILS JPY MXN MYR NOK NZD PHP PLN SEK SGD THB TWD USD'.split(
  ' ',
)
const WITHOUT_DECIMALS = ['HUF', 'JPY', 'TWD']

export type Money = { currency_code: string; value: string }

export function moneyOf(currency: string, minor: bigint): Money {
  return { currency_code: currency, value: decimalOf(minor, digitsOf(currency)) }
}

/** The minor units of an amount, or what PayPal says is wrong with it. */
export function readMoney(money: Content): { currency: string; minor: bigint } | { issue: string } {
  const [currency, value] = [textOf(money.currency_code), textOf(money.value)]
  if (!currency || value === undefined) return { issue: 'MISSING_REQUIRED_PARAMETER' }
  if (!CURRENCIES.includes(currency)) return { issue: 'CURRENCY_NOT_SUPPORTED' }
  const minor = minorOf(value, digitsOf(currency))
  if (minor !== undefined) return { currency, minor }
  return { issue: /^\d+\.\d+$/.test(value) ? 'DECIMAL_PRECISION' : 'INVALID_PARAMETER_VALUE' }
}

function digitsOf(currency: string): number {
  return WITHOUT_DECIMALS.includes(currency) ? 0 : 2
}
