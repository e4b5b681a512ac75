import type { BillKey } from '../detailKeys.ts'
import { openEncoder } from './bytes.ts'
import { openIso } from './instants.ts'
import { keepBy, PARTS, type DetailRow } from './rows.ts'

const GRAINS_PER_MICRO = 3600n

/** Rows as lines of JSON, one object each, in the forms of the API. */
export function openJsonl(): (rows: readonly DetailRow[]) => Buffer {
  const iso = openIso()
  const instant = (second: number | null) => (second === null ? 'null' : `"${iso(second)}"`)
  const keyOf = keepBy((key: BillKey) =>
    JSON.stringify({
      account_id: key.accountId,
      account_name: key.accountName,
      project_id: key.projectId,
      project_name: key.projectName,
      user_id: key.userId,
      user_name: key.userName,
      kind: key.kind,
      sku: key.sku,
    }).slice(1, -1),
  )
  // Written by hand: JSON.stringify of the whole row takes four times as long.
  return openEncoder(({ detail, unitPrice, decimals }) => {
    const { currency } = detail.key
    const money = (amount: string, grains: bigint) =>
      `{"currency":"${currency}","amount":"${amount}","grains":"${grains}"}`
    const of = `"type":"${detail.type}","id":${text(detail.id)},${keyOf(detail.key)}`
    const job = `"source":${text(detail.source)},"subject":${text(detail.subject)},"run":${detail.run}`
    const span = `"started_at":${instant(detail.startedAt)},"ended_at":${instant(detail.endedAt)}`
    const billed = `"billed_from":${instant(detail.billedFrom)},"billed_to":${instant(detail.billedTo)},"seconds":${detail.seconds}`
    const perHour = unitPrice === null ? 'null' : money(unitPrice, detail.rate! * GRAINS_PER_MICRO)
    const price = `"per_hour":${perHour},"price_id":${text(detail.priceId)}`
    const parts = PARTS.map((part) => `"${part}":${money(decimals[part], detail[part])}`).join()
    return `{${of},${job},${span},${billed},${price},${parts}}\n`
  })
}

const PLAIN = /^[ !#-[\]-~]*$/

function text(value: string | null): string {
  return value !== null && PLAIN.test(value) ? `"${value}"` : JSON.stringify(value)
}
