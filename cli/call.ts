import type { Language } from '@corehour/contract'
import { CorehourError, createClient, type Client, type Page } from '@corehour/sdk'
import { KeyRefused } from './failure.ts'
import { settingsOf, VERSION, type Settings } from './settings.ts'
import { languageOf, readArgs, UsageError, type Options, type Terminal } from './verb.ts'

/** Options of every command that talks to a server. */
export const REMOTE = {
  profile: { type: 'string' },
  timeout: { type: 'string' },
  json: { type: 'boolean' },
} as const satisfies Options
export const REMOTE_HELP = `  --profile NAME        the server and key of this profile (see corehour profile)
  --timeout SECONDS     how long one try waits for its answer; 10 where left out, and there are three tries
  --json                print the API's own JSON
  --lang en|zh          the language of refusals
`
/** Options of every command that changes something. */
export const ACTING = { yes: { type: 'boolean' }, 'idempotency-key': { type: 'string' } } as const satisfies Options
export const KEY_HELP = `  --idempotency-key KEY names this request, so that it is done once however often it is sent
`
export const ACTING_HELP = `  --yes                 don't ask
${KEY_HELP}`
/** A program would be more patient; a person sees after half a minute that nobody answers. */
const TIMEOUT_SECONDS = '10'
const RETRIES = 2

/** Whose key is used, as the server knows it. */
export type Me = Awaited<ReturnType<Client['me']['get']>>

/** An opened client, and how to print an answer. */
export type Call = {
  client: Client
  /** Undefined only where a command needs no key, and there is none. */
  me: Me | undefined
  json: boolean
  print(answer: unknown, text: () => string): void
}
type Operands = {
  least?: number
  most?: number
  /** What they are called, where one is missing. */
  names?: string
  /** Whether it goes without a key. */
  public?: boolean
}

/**
 * Reads a command's options, opens the server that they mean, and asks it whose key this is.
 * @throws UsageError; whatever the client throws.
 */
export async function open<const O extends Options>(
  args: string[],
  terminal: Terminal,
  options: O,
  operands: Operands = {},
) {
  const { least = 0, most = least, names = '' } = operands
  const { values, positionals } = readArgs(args, { ...options, ...REMOTE }, most)
  if (positionals.length < least) throw new UsageError(`${names} is needed`)
  const { profile, json, timeout } = values as { profile?: string; json?: boolean; timeout?: string }
  const settings = settingsOf(profile)
  if (settings.key === undefined && !operands.public)
    throw new UsageError('there is no key: set COREHOUR_KEY, or keep one with corehour profile add')
  const client = connect(settings, { timeout, language: languageOf(args) }, terminal)
  const me = settings.key === undefined ? undefined : await whose(client, settings, languageOf(args))
  if (me && partThatMatters(me.version) !== partThatMatters(VERSION))
    terminal.note(
      `corehour: the server is of version ${me.version} and this command of ${VERSION}: what only one of them knows is refused or not shown\n`,
    )
  const call: Call = {
    client,
    me,
    json: json === true,
    print: (answer, text) => terminal.out(json ? `${JSON.stringify(answer, undefined, 2)}\n` : text()),
  }
  return { call, client, values, positionals }
}

/** Whose key it is. @throws KeyRefused, which says where the key came from. */
async function whose(client: Client, { url, from }: Settings, language: Language): Promise<Me> {
  try {
    return await client.me.get()
  } catch (error) {
    if (!(error instanceof CorehourError) || error.code !== 'unauthorized') throw error
    const detail =
      language === 'zh'
        ? `${url} 不接受此密钥（${from}）：未知、已过期或已撤销。`
        : `The key of ${from} is unknown to ${url}, expired or revoked.`
    throw new KeyRefused(`${detail} (${error.code})`)
  }
}

/** @throws UsageError for an address, a key or a time that can be none. */
export function connect(
  { url, key, from }: Settings,
  { timeout = TIMEOUT_SECONDS, language }: { timeout?: string | undefined; language?: Language },
  terminal: Terminal,
): Client {
  if (!/^\d{1,5}(\.\d{1,3})?$/.test(timeout) || Number(timeout) === 0)
    throw new UsageError(`--timeout is a number of seconds, not '${timeout}'`)
  try {
    const { signal } = terminal
    return createClient({ url, key, language, signal, timeout: Number(timeout) * 1000, retries: RETRIES })
  } catch (error) {
    throw error instanceof TypeError ? new UsageError(`${from}: ${error.message}`) : error
  }
}

/** Before 1.0 a minor version may break with the one before, from then on a major one (semver.org). */
function partThatMatters(version: string): string {
  const [major, minor] = version.split('.')
  return major === '0' ? `0.${minor}` : `${major}`
}

/** Asks before something that costs or can't be taken back. Without --yes and without anybody to ask, it is not done. */
export async function confirm(terminal: Terminal, question: string, yes: boolean | undefined): Promise<boolean> {
  if (yes) return true
  if (!terminal.confirm) throw new UsageError('nobody is there to confirm this: add --yes')
  if (await terminal.confirm(question)) return true
  terminal.note('corehour: nothing was done\n')
  return false
}

/**
 * The account that a command is about: the key's own, or for staff and platforms the named one. Staff may name it by its name, or by a part
 * of it that only one has; `exactly`: by nothing less than the whole name, because nobody sees which was found.
 * @throws UsageError where it is not clear which.
 */
export async function accountOf(
  { client, me }: Call,
  named: string | undefined,
  exactly: boolean | undefined = false,
): Promise<string> {
  if (named === undefined && me?.account_id) return me.account_id
  if (named === undefined)
    throw new UsageError(
      `a ${me?.scope} key has no account of its own: say which, by its ${me?.scope === 'staff' ? 'name or id' : 'id'}`,
    )
  if (named.startsWith('acct_')) return named
  if (me?.scope !== 'staff') throw new UsageError(`an account is named by its id, acct_.., not '${named}'`)
  const { data } = await client.accounts.list({ search: named, limit: MOST_ROWS })
  const called = data.filter(({ name }) => name === named)
  const [found, second] = called.length > 0 || exactly ? called : data
  if (!found) throw new UsageError(`no account is called '${named}': see corehour accounts`)
  if (second) throw new UsageError(`several accounts are called '${named}': see corehour accounts, and use the id`)
  return found.account_id
}

/** Options of every command that prints a list. */
export const LIST = { limit: { type: 'string' }, all: { type: 'boolean' } } as const satisfies Options
export const LIST_HELP = `  --limit N             so many, at most 1000; 20 where left out
  --all                 all there are
`
type Listing<I, T> = { (input: I): Promise<Page<T>>; each(input: I): AsyncIterable<T> }
const MOST_ROWS = 1000
const USUAL_ROWS = 20

/**
 * As much of a list as is asked for, as one page.
 * @throws UsageError for a limit that is none.
 */
export async function listed<I extends object, T>(
  list: Listing<I & { limit: number }, T>,
  input: I,
  { limit = String(USUAL_ROWS), all }: { limit?: string; all?: boolean },
): Promise<Page<T>> {
  if (!/^[1-9]\d{0,3}$/.test(limit) || Number(limit) > MOST_ROWS)
    throw new UsageError(`--limit is a whole number from 1 to ${MOST_ROWS}, not '${limit}'; --all is without one`)
  if (!all) return list({ ...input, limit: Number(limit) })
  return { data: await Array.fromAsync(list.each({ ...input, limit: MOST_ROWS })), has_more: false, next_cursor: null }
}

/** Said under a list that goes on. */
export function more({ has_more }: Page<unknown>): string {
  return has_more ? '.. and more: --limit N or --all\n' : ''
}
