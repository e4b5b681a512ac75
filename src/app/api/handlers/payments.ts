import { parseAmount, toPage } from '../../../base/index.ts'
import {
  listDisputes,
  listNotices,
  listPayments,
  namedIn,
  settleDispute,
  type Dispute,
  type StoredNotice,
  type StoredPayment,
} from '../../../payments/index.ts'
import type { HandlersOf } from '../call.ts'
import { readPosition, writePosition } from '../position.ts'
import { cash, instant, money, page } from '../show.ts'
import { accountAsked } from './topUps.ts'

const PAGE = 50

export const paymentHandlers: HandlersOf<'payments'> = {
  list: {
    async read(tx, { caller, query }) {
      const limit = query.limit ?? PAGE
      const account = await accountAsked(tx, caller, query.account_id)
      const filter = {
        accountId: account?.accountId ?? null,
        orderId: query.order_id ?? null,
        flagged: query.flagged === true,
      }
      const after = readPosition(query.cursor)
      const rows = await listPayments(tx, filter, after, limit + 1)
      return page(
        toPage(rows, limit, (last) => writePosition(last.creditedAt, last.paymentId)),
        showPayment,
      )
    },
  },
}

export const disputeHandlers: HandlersOf<'disputes'> = {
  list: {
    async read(tx, { query }) {
      const limit = query.limit ?? PAGE
      const after = readPosition(query.cursor)
      const rows = await listDisputes(tx, query.state ?? null, after, limit + 1)
      return page(
        toPage(rows, limit, (last) => writePosition(last.openedAt, last.disputeId)),
        showDispute,
      )
    },
  },
  settle: {
    async act(tx, { caller, params, body }) {
      const { decision, account_id: accountId, amount, note } = body
      const settled = await settleDispute(tx, params.dispute_id, {
        decision,
        accountId,
        amount: amount === undefined ? undefined : parseAmount(amount),
        note,
        settledBy: caller.keyId,
      })
      return showDispute(settled)
    },
  },
}

export const noticeHandlers: HandlersOf<'notices'> = {
  list: {
    async read(tx, { query }) {
      const limit = query.limit ?? PAGE
      const after = readPosition(query.cursor)
      const rows = await listNotices(tx, query.order_id ?? null, after, limit + 1)
      return page(
        toPage(rows, limit, (last) => writePosition(last.receivedAt, last.noticeId)),
        showNotice,
      )
    },
  },
}

function showPayment(payment: StoredPayment) {
  const { paid, fee, currency } = payment
  return {
    channel: payment.channel,
    payment_id: payment.paymentId,
    order_id: payment.orderId,
    account_id: payment.accountId,
    paid: cash(paid),
    fee: fee && cash(fee),
    net: fee && cash({ currency: paid.currency, minor: paid.minor - fee.minor }),
    credited: money(currency, payment.amount),
    arrears_paid: money(currency, payment.arrearsPaid),
    lot_id: payment.lotId,
    flag: payment.flag,
    found_by: payment.foundBy,
    paid_at: instant(payment.paidAt),
    credited_at: instant(payment.creditedAt),
  }
}

function showDispute(dispute: Dispute) {
  const { paid, credited, currency } = dispute
  return {
    dispute_id: dispute.disputeId,
    kind: dispute.kind,
    reason: dispute.reason,
    channel: dispute.channel,
    payment_id: dispute.paymentId,
    order_id: dispute.orderId,
    account_id: dispute.creditedTo ?? dispute.accountId,
    paid: paid && cash(paid),
    payee: dispute.payee,
    paid_at: instant(dispute.paidAt),
    opened_at: instant(dispute.openedAt),
    state: dispute.state,
    settled_at: instant(dispute.settledAt),
    settled_by: dispute.settledBy,
    note: dispute.note,
    credited: credited === null ? null : money(currency!, credited),
  }
}

function showNotice(notice: StoredNotice) {
  const { orderId, paymentId } = namedIn(notice.about)
  return {
    channel: notice.channel,
    notice_id: notice.noticeId,
    kind: notice.about.kind,
    order_id: orderId,
    payment_id: paymentId,
    sent_at: instant(notice.sentAt),
    received_at: instant(notice.receivedAt),
    applied_at: instant(notice.appliedAt),
    outcome: notice.outcome,
  }
}
