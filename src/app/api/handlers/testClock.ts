import { parseInstant, Refusal } from '../../../base/index.ts'
import type { HandlersOf } from '../call.ts'
import type { Services } from '../services.ts'
import { instant } from '../show.ts'

const LONGEST_SECONDS = 31 * 86_400

export function testClockHandlers({ testClock }: Services): HandlersOf<'testClock'> {
  return {
    get: {
      async outside(app) {
        return { now: instant(app.clock.now()) }
      },
    },
    advance: {
      async outside(app, { body }) {
        if ((body.seconds === undefined) === (body.to === undefined))
          throw new Refusal('bad_request', { detail: 'say either seconds or to' })
        const now = app.clock.now()
        const to = body.to === undefined ? now.add({ seconds: body.seconds! }) : parseInstant(body.to)
        const ahead = to.since(now).total('seconds')
        if (ahead < 0) throw new Refusal('bad_request', { detail: `the clock stands at ${now} and never goes back` })
        if (ahead > LONGEST_SECONDS) throw new Refusal('bad_request', { detail: 'at most 31 days at once' })
        return { now: instant(await testClock!.advance(to)) }
      },
    },
  }
}
