import type { Language } from '@corehour/contract'
import { createClient, type Client } from '@corehour/sdk'
import { settingsOf } from './settings.ts'
import { languageOf, readArgs, UsageError, type Options, type Terminal } from './verb.ts'

/** Options of every command that talks to a server. */
export const REMOTE = { profile: { type: 'string' }, json: { type: 'boolean' } } as const satisfies Options
export const REMOTE_HELP = `  --profile NAME        the server and key of this profile (see corehour profile)
  --json                print the API's own JSON
  --lang en|zh          the language of refusals
`

/** An opened client, and how to print an answer. */
export type Call = {
  client: Client
  language: Language
  print(answer: unknown, text: () => string): void
  json: boolean
}

/** Reads a command's options and opens the server that they mean. */
export function open<const O extends Options>(
  args: string[],
  terminal: Terminal,
  options: O,
  operands: { least?: number; most?: number; names?: string } = {},
) {
  const { least = 0, most = least, names = '' } = operands
  const { values, positionals } = readArgs(args, { ...options, ...REMOTE }, most)
  if (positionals.length < least) throw new UsageError(`${names} is needed`)
  const { profile, json } = values as { profile?: string; json?: boolean }
  const { url, key } = settingsOf(profile)
  const language = languageOf(args)
  const call: Call = {
    client: createClient({ url, key, language }),
    language,
    json: json === true,
    print: (answer, text) => terminal.out(json ? `${JSON.stringify(answer, undefined, 2)}\n` : text()),
  }
  return { call, client: call.client, values, positionals }
}

/** Asks before something that costs or can't be taken back. Without --yes and without anybody to ask, it is not done. */
export async function confirm(terminal: Terminal, question: string, yes: boolean | undefined): Promise<boolean> {
  if (yes) return true
  if (!terminal.confirm) throw new UsageError('nobody is there to confirm this: add --yes')
  if (await terminal.confirm(question)) return true
  terminal.note('corehour: nothing was done\n')
  return false
}

/** The account that a command is about: the named one, or the key's own. @throws UsageError where there is none. */
export async function accountOf(client: Client, named: string | undefined): Promise<string> {
  if (named !== undefined) return named
  const { account_id, scope } = await client.me.get()
  if (account_id === null) throw new UsageError(`a ${scope} key has no account of its own: name one with --account ID`)
  return account_id
}

/** The first rows of a list, and no more than are asked for. */
export async function first<T>(rows: AsyncIterable<T>, limit: number): Promise<T[]> {
  const taken: T[] = []
  for await (const row of rows) {
    taken.push(row)
    if (taken.length === limit) break
  }
  return taken
}
