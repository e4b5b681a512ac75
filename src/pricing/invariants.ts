/** Price lists belong to no account: their violations carry none. */
const NOBODY = `null::integer as bucket, null::text as account_id`

/** A main unit's decimal as micro-units in text, as prices keep it. */
const micro = (decimal: string) => `((${decimal})::numeric * 1000000)::bigint::text`

/** What was published stays what it was, and quotes pin it. Queries as the audit runs them. */
export const pricingInvariants: readonly { name: string; meaning: string; sql: string }[] = [
  {
    name: 'price_as_listed',
    meaning: 'A published list has exactly the prices that its document says.',
    sql: `
      with listed as (
        select price_list_id, 'machine:' || m.key as sku, jsonb_build_object('machine_hour', ${micro('m.value')}) as unit_prices
        from price_list cross join jsonb_each_text(document -> 'machines') m
        union all
        select price_list_id, 'queue:' || q.key, jsonb_build_object('cpu_hour', ${micro(`q.value ->> 'cpu_hour'`)},
          'gpu_hour', ${micro(`q.value ->> 'gpu_hour'`)}, 'gb_hour', ${micro(`q.value ->> 'gb_hour'`)})
        from price_list cross join jsonb_each(document -> 'queues') q
        union all
        select price_list_id, 'storage:' || replace(s.key, '_gb_month', ''), jsonb_build_object('gb_month', ${micro('s.value')})
        from price_list cross join jsonb_each_text(document -> 'storage') s)
      select ${NOBODY}, price_list_id, sku, p.unit_prices as stored, l.unit_prices as listed
      from price p full join listed l using (price_list_id, sku)
      where p.unit_prices is distinct from l.unit_prices`,
  },
  {
    name: 'price_list_as_published',
    meaning:
      'A price list has the currency and the instant of its document, and only the first of a currency began in the past.',
    sql: `
      select ${NOBODY}, l.price_list_id, l.currency, l.effective_at, l.published_at
      from price_list l
      where l.document ->> 'currency' is distinct from l.currency
        or (l.document ->> 'effective_at')::timestamptz is distinct from l.effective_at
        or (l.effective_at < l.published_at
          and exists (select from price_list e where e.currency = l.currency and e.published_at < l.published_at))`,
  },
  {
    name: 'quote_of_a_price',
    meaning: 'A quote pins a price of its own SKU at a possible rate, and ends after it began.',
    sql: `
      select q.bucket, q.account_id, q.quote_id, q.sku, p.sku as priced_sku, q.rate
      from quote q left join price p on p.price_id = q.price_id
      where p.sku is null or not (p.sku = q.sku or (p.sku = 'queue:*' and q.sku like 'queue:%'))
        or q.rate < 0 or q.rate > 100000000000 or q.expires_at <= q.created_at`,
  },
]
