import { SYSTEM, transact, type App } from '../../base/index.ts'
import { createKey, listKeys, revokeKey } from '../../identity/index.ts'
import { readSetting, settle } from '../setting.ts'
import { CAST, ids } from './cast.ts'
import { runCluster } from './cluster.ts'
import { openSignIns, type SignIn } from './signIns.ts'
import { beginningBefore, liveThrough, SOURCE } from './history.ts'

/** A world to see Corehour in: prices, accounts, a month of history, and a small cluster that goes on. */
export type Demo = {
  runCluster(address: string, stopping: AbortSignal): Promise<void>
  /** Says who is in it and what to try; for when the server is ready. */
  introduce(address: string, say: (text: string) => void): Promise<void>
}

const CLUSTER_KEY = 'demo cluster'

/**
 * Makes the demo world in books that are empty, or goes on with the one that is there; undefined where the books are somebody's own.
 * One that was interrupted before its keys were told is made whole, and has new ones: they are told once.
 */
export async function openDemo(app: App, say: (line: string) => void): Promise<Demo | undefined> {
  const { database } = app
  const standing = await readSetting(database, 'demo_done')
  const keys = standing === undefined ? await makeWorld(app, say) : undefined
  if (standing === undefined && !keys) return undefined
  const clusterKey = await makeClusterKey(app)
  return {
    runCluster: (address, stopping) => runCluster(app, address, clusterKey, stopping),
    async introduce(address, say) {
      say(introduction(address, keys))
      await settle(database, 'demo_done', app.clock.now().toString())
    },
  }
}

type Keys = { customer: string; platform: string; staff: string; signIns: readonly SignIn[] }

async function makeWorld(app: App, say: (line: string) => void): Promise<Keys | undefined> {
  const { database } = app
  const begun = await readSetting(database, 'demo_began')
  if (begun === undefined) {
    const { rowCount } = await database.pool.query('select from account limit 1')
    if (rowCount) return undefined
  }
  say('making the demo world: a month of a small cluster (npm start -- --empty starts without)')
  const began = await settle(database, 'demo_began', beginningBefore(app.clock.now()).toString())
  await liveThrough(app, Temporal.Instant.from(began))
  const signIns = await openSignIns(app)
  return transact(app, SYSTEM, async (tx) => ({
    signIns,
    customer: (await createKey(tx, { name: CAST[0]!.name, scope: 'customer', userId: ids.user(CAST[0]!.name) })).secret,
    platform: (await createKey(tx, { name: 'demo platform', scope: 'platform', sources: ['demo'] })).secret,
    staff: (await createKey(tx, { name: 'demo staff', scope: 'staff' })).secret,
  }))
}

/** The cluster's key lives as long as the server: the one of the start before is ended. */
function makeClusterKey(app: App): Promise<string> {
  return transact(app, SYSTEM, async (tx) => {
    for (const key of await listKeys(tx, {}, { limit: 1000 }))
      if (key.name === CLUSTER_KEY && !key.revokedAt) await revokeKey(tx, key.keyId)
    return (await createKey(tx, { name: CLUSTER_KEY, scope: 'platform', sources: [SOURCE] })).secret
  })
}

function introduction(address: string, keys: Keys | undefined): string {
  const shown = keys
    ? `Sign in at ${address} as one of these people. Their passwords are shown only now; later, "Set or reset the password" mails a link, which
without a mail server lies in ${address}/outbox:
${keys.signIns.map(({ who, email, password }) => `  ${email.padEnd(26)} ${password}   ${who}`).join('\n')}

Keys, shown only now too (new ones: npx corehour key create --help):
  a customer's, ${CAST[0]!.name}   ${keys.customer}
  a platform's, source demo      ${keys.platform}
  staff's                        ${keys.staff}
`
    : `The demo world goes on. Its passwords were shown at the first start; "Set or reset the password" at ${address}
mails a link, which without a mail server lies in ${address}/outbox.
`
  const key =
    keys?.customer ?? `$(npx corehour key create --scope customer --name me --user ${ids.user(CAST[0]!.name)})`
  return `
${shown}
Three things to try, in another terminal in this folder:
  export COREHOUR_URL=${address} COREHOUR_KEY=${key}
  npx corehour balance          what is left, and until when
  npx corehour jobs --running   what runs now, and what it has cost so far
  npx corehour bill --by project

The API is described at ${address}/docs
`
}
