// Run in a process of its own: loads the SDK into a context that has what every browser has and nothing of Node, and calls a server from there.
import { readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { createContext, SourceTextModule, type Module } from 'node:vm'

const context = createContext({
  ...{ fetch, Headers, Request, Response, URL, URLSearchParams, TextEncoder, TextDecoder, ReadableStream },
  ...{ AbortController, AbortSignal, crypto, setTimeout, clearTimeout, console },
})
const loaded = new Map<string, SourceTextModule>()

function load(url: string): SourceTextModule {
  const known = loaded.get(url)
  if (known) return known
  const text = readFileSync(new URL(url), 'utf8')
  const source = url.endsWith('.ts') ? stripTypeScriptTypes(text) : text
  const made = new SourceTextModule(source, { context, identifier: url })
  loaded.set(url, made)
  return made
}

const [url, key] = process.argv.slice(2) as [string, string]
const root = load(import.meta.resolve('@corehour/sdk'))
const resolve = (name: string, from: Module) => {
  if (name.startsWith('node:')) throw new Error(`${from.identifier} imports ${name}`)
  return load(name.startsWith('.') ? new URL(name, from.identifier).href : import.meta.resolve(name))
}
await root.link(resolve)
await root.evaluate()

const program = new SourceTextModule(
  `import { createClient, CorehourError } from '@corehour/sdk'
  const corehour = createClient({ url: ${JSON.stringify(url)}, key: ${JSON.stringify(key)} })
  const { account_id } = await corehour.me.get()
  const project = await corehour.projects.create({ name: 'From a page' })
  const names = []
  for await (const { name } of corehour.projects.list.each({ limit: 1 })) names.push(name)
  const refusal = await corehour.accounts.get({ account_id: 'acct_none' }).catch((error) => error)
  console.log(JSON.stringify({ account_id, project: project.name, names, refused: refusal instanceof CorehourError, code: refusal.code }))`,
  { context, identifier: import.meta.url },
)
await program.link(resolve)
await program.evaluate()
