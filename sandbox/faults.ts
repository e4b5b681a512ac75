import type { Channel } from './store.ts'

/** Everything the sandbox can be told to do wrong. */
export const FAULTS = {
  notice_lost: 'the notice is never sent',
  notice_doubled: 'the notice is sent `copies` times at once (2 by default), each time it is sent',
  notice_late: 'the notice is first sent `seconds` late (3600 by default)',
  notices_reordered: 'a notice is held back until the next about the same order was sent',
  notice_forged: 'the notice is signed by somebody who is not the gateway',
  notice_probed:
    'WeChat Pay probes the merchant: the first send has a test signature, which must be refused; the next is right',
  notice_stale: 'the notice says that it was sent `seconds` ago (3600 by default), rightly signed',
  wrong_amount:
    'what is paid is `minor` more than was asked (-1 by default), and every notice, answer and bill says so',
  wrong_currency: 'what is paid is in another currency (HKD)',
  wrong_app: 'what is paid was paid in another application',
  wrong_seller: 'what is paid was paid to another seller',
  second_payment: 'the order is paid twice, with two payments',
  payment_after_close: 'the order can be paid although it was closed, has expired or is paid',
  refund_abnormal: "the payer's account can't take the refund",
  error_before_effect: 'the call fails with 502 and did nothing',
  error_after_effect: 'the call fails with 502 and did all it should',
  timeout_after_success: 'the call does all it should, and its answer never comes',
} as const

export type FaultName = keyof typeof FAULTS

/** One misbehaviour: which, where, and how often. */
export type Fault = {
  name: FaultName
  channel?: Channel
  /** Of one order: the merchant's number or the gateway's. Without it of all. */
  order?: string
  /** Of one call only: open, query, close, refund, query_refund, capture, bill, token. Without it of all. */
  call?: string
  /** How often; without it until it is cleared. */
  times?: number
  seconds?: number
  copies?: number
  minor?: number
}

export type Place = { channel: Channel; orders: readonly string[]; call?: string }

export type Faults = ReturnType<typeof makeFaults>

export function makeFaults() {
  const faults = new Set<Fault>()
  return {
    add: (fault: Fault) => void faults.add({ ...fault }),
    clear: () => faults.clear(),
    list: () => [...faults],
    /** The first that applies here, which is then used up by one. */
    take(name: FaultName, place: Place): Fault | undefined {
      for (const fault of faults) {
        if (fault.name !== name || !applies(fault, place)) continue
        if (fault.times !== undefined && --fault.times <= 0) faults.delete(fault)
        return fault
      }
      return undefined
    },
  }
}

function applies(fault: Fault, place: Place): boolean {
  return (
    (fault.channel === undefined || fault.channel === place.channel) &&
    (fault.order === undefined || place.orders.includes(fault.order)) &&
    (fault.call === undefined || fault.call === place.call)
  )
}
