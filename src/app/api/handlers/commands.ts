import { setTimeout as sleep } from 'node:timers/promises'
import { glance, toPage, type App } from '../../../base/index.ts'
import { askCommand, readDue, refuseCommand, takeCommand, type Command } from '../../../metering/index.ts'
import type { Routes } from '@corehour/contract'
import { actorOf, type Call, type HandlersOf } from '../call.ts'
import { readPosition, writePosition } from '../position.ts'
import { instant, page } from '../show.ts'
import { seenBy } from '../seen.ts'

const PAGE = 50
/** So soon a platform that waits hears what was asked, of whichever server. A look is one read of an index. */
const LOOK_MS = 1000

export const commandHandlers: HandlersOf<'commands'> = {
  ask: {
    async act(tx, { caller, params, body }) {
      const { action, ...named } = body
      const filter = await seenBy(tx, caller, named)
      const askedBy = caller.userId ?? caller.person?.userId ?? caller.keyId
      return showCommand(await askCommand(tx, filter, { spanId: params.span_id, action, askedBy }))
    },
  },
  list: {
    async outside(app, call, wait) {
      const { wait_seconds: seconds = 0, cursor } = call.query
      let found = await due(app, call)
      if (seconds === 0 || cursor !== undefined || found.data.length > 0) return found
      const gone = wait()
      for (let looks = 0; looks < seconds && found.data.length === 0; looks++) {
        await sleep(LOOK_MS, undefined, { signal: gone }).catch(() => {})
        if (gone.aborted) break
        found = await due(app, call)
      }
      return found
    },
  },
  take: {
    async act(tx, { caller, params }) {
      return showCommand(await takeCommand(tx, params.command_id, caller.sources))
    },
  },
  refuse: {
    async act(tx, { caller, params, body }) {
      return showCommand(await refuseCommand(tx, params.command_id, caller.sources, body.note))
    },
  },
}

async function due(app: App, { caller, query }: Call<Routes['commands']['list']>) {
  const { limit = PAGE, state = null } = query
  const after = readPosition(query.cursor)
  const rows = await glance(app, actorOf(caller), (tx) =>
    readDue(tx, caller.sources, { state, after, limit: limit + 1 }),
  )
  return page(
    toPage(rows, limit, (last) => writePosition(last.askedAt, last.commandId)),
    showCommand,
  )
}

export function showCommand(command: Command) {
  return {
    command_id: command.commandId,
    account_id: command.accountId,
    source: command.source,
    subject: command.subject,
    run: command.run,
    action: command.action,
    state: command.state,
    asked_by: command.askedBy,
    asked_at: instant(command.askedAt),
    taken_at: instant(command.takenAt),
    ended_at: instant(command.endedAt),
    note: command.note,
  }
}
