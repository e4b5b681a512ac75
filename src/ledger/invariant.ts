/** A rule that the books keep always, as a query that answers one row for every place where they don't. */
export type Invariant = {
  /** Stable, in snake case: how a violation is named. */
  name: string
  /** One sentence for the operator who reads that it was broken. */
  meaning: string
  /**
   * One SELECT (PostgreSQL 15). Its rows carry bucket, account_id and what differs. Parameters, none of which it has to
   * use: $1 the operator's time zone, $2 and $3 the buckets and ids of the accounts looked at (null: all).
   * Sides are set against each other within (bucket, account_id); sums of two shards are never subtracted.
   */
  sql: string
}

/** Stands in a `where` over one table of accounts' rows: looks only at the accounts that the audit was asked for. */
export const LOOKED_AT = `($2::integer[] is null or (bucket = any($2::integer[]) and account_id = any($3::text[])))`

/**
 * SQL for the instant at which a day (a date) begins in the zone $1. An hour before midnight and an hour on is the same
 * instant, except where midnight comes twice: there it is the first, as in `startOfDay`.
 */
export function dayStart(day: string): string {
  return `least((${day})::timestamp at time zone $1::text, ((${day})::timestamp - interval '1 hour') at time zone $1::text + interval '1 hour')`
}

/** SQL for the day (a date) of an instant in the zone $1. */
export function dayOfInstant(at: string): string {
  return `((${at}) at time zone $1::text)::date`
}

/** SQL for the whole seconds from one instant to another. */
export function secondsBetween(from: string, to: string): string {
  return `extract(epoch from (${to}) - (${from}))::bigint`
}
