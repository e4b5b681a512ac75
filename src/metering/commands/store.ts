import type { Action } from '@corehour/contract'
import { bucketOf, type Tx, type Value } from '../../base/index.ts'
import type { Span } from '../spans.ts'
import type { Resource } from '../store.ts'

/** What a platform is asked to do with a resource. Open until the books say that its run has ended, or the platform refuses. */
export type Command = Resource & {
  commandId: string
  run: number
  action: Action
  /** A user, or the key of staff. */
  askedBy: string
  askedAt: Temporal.Instant
  state: 'asked' | 'taken' | 'done' | 'refused'
  takenAt: Temporal.Instant | null
  endedAt: Temporal.Instant | null
  /** Why the platform refused. */
  note: string | null
}

const COLUMNS = `c.bucket, c.account_id as "accountId", c.command_id as "commandId", c.source, c.subject, c.run, c.action,
  c.asked_by as "askedBy", c.asked_at as "askedAt", c.state, c.taken_at as "takenAt", c.ended_at as "endedAt", c.note`

export async function insertCommand(tx: Tx, command: Command): Promise<void> {
  await tx.query(
    {
      text: `insert into command (bucket, account_id, command_id, source, subject, run, action, asked_by, asked_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    },
    [
      command.bucket,
      command.accountId,
      command.commandId,
      command.source,
      command.subject,
      command.run,
      command.action,
      command.askedBy,
      command.askedAt,
    ],
  )
}

/** The open command of an action on a resource, of which there is one at most. */
export async function readOpen(tx: Tx, resource: Resource, action: Action): Promise<Command | undefined> {
  const [command] = await tx.query<Command>(
    {
      text: `select ${COLUMNS} from command c
        where bucket = $1 and account_id = $2 and subject = $3 and source = $4 and action = $5 and ended_at is null`,
    },
    [resource.bucket, resource.accountId, resource.subject, resource.source, action],
  )
  return command
}

/** A command of one of these sources, locked. */
export async function lockCommand(tx: Tx, commandId: string, sources: readonly string[]): Promise<Command | undefined> {
  const [command] = await tx.query<Command>(
    { text: `select ${COLUMNS} from command c where command_id = $1 and source = any($2::text[]) for update` },
    [commandId, sources],
  )
  return command
}

export async function updateCommand(tx: Tx, command: Command): Promise<void> {
  await tx.query(
    {
      text: `update command set state = $4, taken_at = $5, ended_at = $6, note = $7
        where bucket = $1 and account_id = $2 and command_id = $3 and ended_at is null`,
    },
    [
      command.bucket,
      command.accountId,
      command.commandId,
      command.state,
      command.takenAt,
      command.endedAt,
      command.note,
    ],
  )
}

/** Which of some resources have ended what they were asked up to an instant. */
export type Ending = { resource: Resource; upTo: Temporal.Instant | 'infinity' }

export async function endCommands(tx: Tx, endings: readonly Ending[]): Promise<void> {
  if (endings.length === 0) return
  const of = (pick: (resource: Resource) => number | string): Value => endings.map(({ resource }) => pick(resource))
  await tx.execute(
    {
      name: 'end-commands',
      text: `update command c set state = 'done', ended_at = $6
        from unnest($1::int[], $2::text[], $3::text[], $4::text[], $5::timestamptz[]) as n(bucket, account_id, source, subject, up_to)
        where c.bucket = n.bucket and c.account_id = n.account_id and c.subject = n.subject and c.source = n.source
          and c.ended_at is null and c.asked_at <= n.up_to`,
    },
    [
      of((r) => r.bucket),
      of((r) => r.accountId),
      of((r) => r.source),
      of((r) => r.subject),
      endings.map(({ upTo }) => upTo),
      tx.now,
    ],
  )
}

/** Open commands of some sources, the oldest first, after a position. */
export function readDue(
  tx: Tx,
  sources: readonly string[],
  {
    state,
    after,
    limit,
  }: { state: 'asked' | 'taken' | null; after: { at: Temporal.Instant; id: string } | null; limit: number },
): Promise<Command[]> {
  return tx.query<Command>(
    {
      text: `select ${COLUMNS} from command c where source = any($1::text[]) and ended_at is null and ($2::text is null or state = $2)
        ${after ? 'and (asked_at, command_id) > ($4, $5::text)' : ''} order by asked_at, command_id limit $3`,
    },
    [sources, state, limit, ...(after ? [after.at, after.id] : [])],
  )
}

/** What each of some spans of one account that run was asked last, by position, and refused only since the span began. */
export async function readStanding(
  tx: Tx,
  accountId: string,
  spans: readonly Span[],
): Promise<(Command | undefined)[]> {
  const found: (Command | undefined)[] = spans.map(() => undefined)
  if (spans.length === 0) return found
  const rows = await tx.query<Command & { n: number }>(
    {
      text: `select s.n::int as n, c.* from unnest($3::text[], $4::text[], $5::int[], $6::timestamptz[]) with ordinality
          as s(source, subject, run, started_at, n)
        cross join lateral (select ${COLUMNS} from command c where c.bucket = $1 and c.account_id = $2 and c.subject = s.subject
          and c.source = s.source and c.run = s.run and (c.ended_at is null or (c.state = 'refused' and c.asked_at >= s.started_at))
          order by c.ended_at is null desc, c.asked_at desc, c.command_id desc limit 1) c`,
    },
    [
      bucketOf(accountId),
      accountId,
      spans.map(({ source }) => source),
      spans.map(({ subject }) => subject),
      spans.map(({ run }) => run),
      spans.map(({ startedAt }) => startedAt),
    ],
  )
  for (const { n, ...command } of rows) found[n - 1] = command
  return found
}
