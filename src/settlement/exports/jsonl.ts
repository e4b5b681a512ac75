import type { BillKey } from '../detailKeys.ts'
import { openEncoder } from './bytes.ts'
import { openIso } from './instants.ts'
import { keepBy, PARTS, type DetailRow } from './rows.ts'

const GRAINS_PER_MICRO = 3600n

/** Rows as lines of JSON, one object each, in the forms of the API. */
export function openJsonl(): (rows: readonly DetailRow[]) => Buffer {
  const iso = openIso()
  const instant = (second: number | null) => (second === null ? null : iso(second))
  const keyOf = keepBy((key: BillKey) => ({
    account_id: key.accountId,
    account_name: key.accountName,
    project_id: key.projectId,
    project_name: key.projectName,
    user_id: key.userId,
    user_name: key.userName,
    kind: key.kind,
    sku: key.sku,
  }))
  const show = ({ detail, unitPrice, decimals }: DetailRow) => {
    const { currency } = detail.key
    const rate = detail.rate
    return {
      type: detail.type,
      id: detail.id,
      ...keyOf(detail.key),
      source: detail.source,
      subject: detail.subject,
      run: detail.run,
      started_at: instant(detail.startedAt),
      ended_at: instant(detail.endedAt),
      billed_from: instant(detail.billedFrom),
      billed_to: instant(detail.billedTo),
      seconds: detail.seconds,
      per_hour: rate === null ? null : { currency, amount: unitPrice, grains: String(rate * GRAINS_PER_MICRO) },
      price_id: detail.priceId,
      ...Object.fromEntries(
        PARTS.map((part) => [part, { currency, amount: decimals[part], grains: String(detail[part]) }]),
      ),
    }
  }
  return openEncoder((row) => `${JSON.stringify(show(row))}\n`)
}
