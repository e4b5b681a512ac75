import type { TestContext } from 'node:test'
import type { FastifyInstance } from 'fastify'
import { makeHandlers } from '../src/app/api/handlers/index.ts'
import { openKeyring } from '../src/app/api/keyring.ts'
import { buildHttp } from '../src/app/http.ts'
import { openDatabase } from '../src/base/index.ts'
import { SERVICES, type TestApi } from './api.ts'
import { openProxy, type Proxy } from './crash/proxy.ts'
import { temporaryFolder } from './process.ts'

export type Cuttable = { http: FastifyInstance; proxy: Proxy; close(): Promise<void> }

/** A second server on the same books, whose way to them can be cut; who calls is looked up by a way of its own. */
export async function serveCuttable(t: TestContext, api: TestApi): Promise<Cuttable> {
  const folder = temporaryFolder(t)
  const address = new URL(api.app.database.pool.options.connectionString!)
  const proxy = await openProxy(folder, address.searchParams.get('host')!)
  address.searchParams.set('host', folder)
  const database = openDatabase({ connectionString: address.href })
  const keyring = openKeyring(api.app)
  const services = { ...SERVICES, keyring, shelf: api.shelf, till: api.till }
  const http = buildHttp(
    { ...api.app, database },
    { isReady: async () => true, api: { handlers: makeHandlers(services), services, requestsAMinute: 1_000_000 } },
  )
  const close = async () => {
    await http.close()
    await keyring.close()
    await database.close()
    await proxy.close()
  }
  return { http, proxy, close }
}
