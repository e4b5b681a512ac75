import { bucketOf, query, type Database } from '../base/index.ts'

/**
 * Writes the sound books of one account, reckoned by hand: a grant that expires unused, one that pays for a plan and for use
 * over midnight in Shanghai (16:00 UTC), cash that runs out, arrears, a top-up that pays a part of them, and use that is
 * deducted and not attributed yet. Ids end in the account's, so that many such accounts fit one database.
 */
export async function writeBooks(database: Database, accountId: string): Promise<void> {
  const words = wordsOf(accountId)
  await query(database.pool, { text: whatHappened(words) + whatWasBooked(words) })
}

/** SQL of the account's ids and rows; times are of the first of January. */
function wordsOf(accountId: string) {
  const own = `${bucketOf(accountId)}, '${accountId}'`
  const at = (time: string) => `'2026-01-01T${time}:00Z'`
  const id = (name: string) => `'${name}_${accountId}'`
  const lot = (name: string) => `'lot:${name}_${accountId}'`
  const posting = (
    seq: number,
    source: string,
    sourceId: string,
    debit: string,
    credit: string,
    amount: number,
    from: string,
    to: string,
  ) =>
    `(${own}, ${seq}, '${source}', ${sourceId}, ${debit}, ${credit}, ${amount}, ${at(from)}, ${at(to)}, ${at(to)}, ${at(to)})`
  const span = (name: string, sku: string, rate: number, from: string, to: string) =>
    `(${own}, ${id(name)}, 'lab', ${id(name)}, 1, ${id('proj')}, ${id('user')}, 'job', '${sku}', 'price_x', '{}', ${rate}, ${at(from)}, ${to})`
  const event = (name: string, from: string) =>
    `(${own}, 'lab', ${id(`event-${name}`)}, ${id(name)}, 1, 'started', ${at(from)}, 0, ${at(from)})`
  const line = (name: string, day: string, kind: string, sku: string, cash: number, granted: number, unpaid: number) =>
    `(${own}, ${id(name)}, '${day}', ${id('proj')}, ${id('user')}, '${kind}', '${sku}', ${cash + granted + unpaid}, ${cash}, ${granted}, ${unpaid})`
  const day = (date: string, kind: string, cash: number, granted: number, unpaid: number) =>
    `(${own}, '${date}', ${id('proj')}, '${kind}', ${cash + granted + unpaid}, ${cash}, ${granted}, ${unpaid})`
  const month = (by: string, key: string, kind: string, cash: number, granted: number) =>
    `(${own}, '2026-01-01', '${by}', ${key}, '${kind}', ${cash + granted}, ${cash}, ${granted}, 0)`
  const draw = (seq: number, name: string, from: string, amount: number, why: string, usedTo = 'null') =>
    `(${own}, ${seq}, ${id(name)}, ${from}, ${amount}, '${why}', ${usedTo}, ${at('16:10')})`
  return { own, at, id, lot, posting, span, event, line, day, month, draw }
}

type Words = ReturnType<typeof wordsOf>

function whatHappened({ own, at, id, event, span }: Words): string {
  return `
    insert into account values (${own}, 'A', 'CNY', ${at('00:00')});
    insert into project values (${own}, ${id('proj')}, 'P', ${at('00:00')}, null);
    insert into users values (${own}, ${id('user')}, 'U', null, ${at('00:00')});
    insert into member values (${own}, ${id('proj')}, ${id('user')}, 'creator', ${at('00:00')}, null);
    insert into wallet (bucket, account_id, currency, balance, rate, settled_at, attributed_at, seen_at, held, arrears, last_seq)
      values (${own}, 'CNY', -1670, 2, ${at('16:20')}, ${at('16:10')}, ${at('16:20')}, 50, 470, 14);
    insert into hold values (${own}, ${id('hold')}, 50, 'job', ${at('16:00')}, '2026-01-02T16:00:00Z', null, null),
      (${own}, ${id('hold2')}, 70, 'job', ${at('15:00')}, '2026-01-02T16:00:00Z', ${at('16:00')}, 'taken');
    insert into lot (bucket, account_id, lot_id, kind, priority, expires_at, payment_id, channel, amount, remaining, expired, expired_at, seq, created_at)
      values (${own}, ${id('grant')}, 'grant', 0, '2026-02-01T00:00:00Z', ${id('pay1')}, 'card', 1000, 0, 0, null, 1, ${at('00:00')}),
        (${own}, ${id('unused')}, 'grant', 1, ${at('10:00')}, ${id('pay2')}, 'card', 100, 0, 100, ${at('10:00')}, 2, ${at('00:00')}),
        (${own}, ${id('cash')}, 'cash', 0, null, ${id('pay3')}, 'bank', 1500, 0, 0, null, 3, ${at('00:00')}),
        (${own}, ${id('topup')}, 'cash', 0, null, ${id('pay4')}, 'bank', 100, 0, 0, null, 12, ${at('16:10')});
    insert into usage_event (bucket, account_id, source, event_id, subject, run, type, at, seq, recorded_at)
      values ${event('one', '15:50')}, ${event('two', '15:55')};
    insert into usage_span values ${span('one', 'queue:a', 1, '15:50', at('16:10'))}, ${span('two', 'queue:b', 2, '15:55', "'infinity'")};
    insert into charge values (${own}, ${id('plan')}, ${id('proj')}, ${id('user')}, 'storage', 'storage:personal', '2026-01-01', 70, null, 5, ${at('12:00')});`
}

function whatWasBooked({ id, lot, line, day, month, draw, posting, at }: Words): string {
  return `
    insert into bill_line values ${line('l1', '2026-01-01', 'job', 'queue:a', 0, 600, 0)}, ${line('l2', '2026-01-01', 'job', 'queue:b', 270, 330, 0)},
      ${line('l3', '2026-01-02', 'job', 'queue:a', 600, 0, 0)}, ${line('l4', '2026-01-02', 'job', 'queue:b', 730, 0, 470)},
      ${line('l5', '2026-01-01', 'storage', 'storage:personal', 0, 70, 0)};
    insert into bill_day values ${day('2026-01-01', 'job', 270, 930, 0)}, ${day('2026-01-01', 'storage', 0, 70, 0)}, ${day('2026-01-02', 'job', 1330, 0, 470)};
    insert into bill_month values ${month('day', "'2026-01-01'", 'job', 270, 930)}, ${month('day', "'2026-01-01'", 'storage', 0, 70)},
      ${month('project', id('proj'), 'job', 270, 930)}, ${month('project', id('proj'), 'storage', 0, 70)},
      ${month('user', id('user'), 'job', 270, 930)}, ${month('user', id('user'), 'storage', 0, 70)},
      ${month('sku', "'queue:a'", 'job', 0, 600)}, ${month('sku', "'queue:b'", 'job', 270, 330)},
      ${month('sku', "'storage:personal'", 'storage', 0, 70)};
    insert into draw values ${draw(6, 'l5', id('grant'), 70, 'charge')},
      ${draw(9, 'l1', id('grant'), 600, 'use', at('16:10'))}, ${draw(9, 'l2', id('grant'), 330, 'use', at('16:10'))},
      ${draw(10, 'l2', id('cash'), 270, 'use', at('16:10'))}, ${draw(10, 'l3', id('cash'), 600, 'use', at('16:10'))},
      ${draw(10, 'l4', id('cash'), 630, 'use', at('16:10'))}, ${draw(11, 'l4', 'null', 570, 'use', at('16:10'))},
      ${draw(13, 'l4', 'null', -100, 'repay')}, ${draw(13, 'l4', id('topup'), 100, 'repay')};
    insert into posting values
      ${posting(1, 'credit', 'null', "'promotion'", lot('grant'), 1000, '00:00', '00:00')},
      ${posting(2, 'credit', 'null', "'promotion'", lot('unused'), 100, '00:00', '00:00')},
      ${posting(3, 'credit', 'null', "'gateway:bank'", lot('cash'), 1500, '00:00', '00:00')},
      ${posting(4, 'expiry', 'null', lot('unused'), "'promotion'", 100, '10:00', '10:00')},
      ${posting(5, 'charge', id('plan'), "'unattributed'", "'revenue'", 70, '12:00', '12:00')},
      ${posting(6, 'draw', 'null', lot('grant'), "'unattributed'", 70, '12:00', '12:00')},
      ${posting(7, 'use', 'null', "'unattributed'", "'revenue'", 1200, '12:00', '16:00')},
      ${posting(8, 'use', 'null', "'unattributed'", "'revenue'", 1800, '16:00', '16:10')},
      ${posting(9, 'draw', 'null', lot('grant'), "'unattributed'", 930, '12:00', '16:10')},
      ${posting(10, 'draw', 'null', lot('cash'), "'unattributed'", 1500, '12:00', '16:10')},
      ${posting(11, 'draw', 'null', "'arrears'", "'unattributed'", 570, '12:00', '16:10')},
      ${posting(12, 'credit', 'null', "'gateway:bank'", lot('topup'), 100, '16:10', '16:10')},
      ${posting(13, 'repay', 'null', lot('topup'), "'arrears'", 100, '16:10', '16:10')},
      ${posting(14, 'use', 'null', "'unattributed'", "'revenue'", 1200, '16:10', '16:20')};`
}
