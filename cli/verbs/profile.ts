import { readFileSync } from 'node:fs'
import { connect } from '../call.ts'
import { explainFailure } from '../failure.ts'
import { findProfile, profilesFile, readProfiles, writeProfiles, type Profile, type Profiles } from '../settings.ts'
import { table } from '../table.ts'
import { EXIT, readArgs, UsageError, type Terminal, type Verb } from '../verb.ts'

export const profileVerb: Verb = {
  summary: 'servers and keys by name',
  help: `corehour profile add NAME --url URL --key KEY
corehour profile [list]
corehour profile use NAME
corehour profile remove NAME

Kept where only you can read it. The first one is used from then on, until you use another. COREHOUR_URL and COREHOUR_KEY, where set,
come before it; --profile NAME before both.

  --url URL             such as https://billing.example.org
  --key KEY             the key; - reads it from standard input, so that it stays out of your shell's history
  --json                print one JSON object, keys shortened
  --lang en|zh          the language of refusals

Example: corehour profile add lab --url http://127.0.0.1:8087 --key corehour_customer_...
`,
  words: ['add', 'list', 'use', 'remove'],
  async run(args, terminal) {
    const options = { url: { type: 'string' }, key: { type: 'string' }, json: { type: 'boolean' } } as const
    const { values, positionals } = readArgs(args, options, 2)
    const [verb = 'list', name] = positionals
    const kept = readProfiles()
    if (verb === 'list') return list(kept, values.json === true, terminal)
    if (!['add', 'use', 'remove'].includes(verb))
      throw new UsageError(`there is add, list, use and remove, not '${verb}'`)
    if (name === undefined) throw new UsageError(`${verb} needs a NAME`)
    if (verb === 'add') return add(kept, name, values, terminal)
    if (!findProfile(kept, name)) throw new UsageError(`there is no profile '${name}'`)
    if (verb === 'use') writeProfiles({ ...kept, current: name })
    else writeProfiles(without(kept, name))
    terminal.out(verb === 'use' ? `${name} is used from now on\n` : `${name} is removed\n`)
    return EXIT.done
  },
}

function list({ current, profiles }: Profiles, json: boolean, terminal: Terminal): number {
  const rows = Object.entries(profiles).map(([name, { url, key }]) => ({
    name,
    url,
    key: shortened(key),
    current: name === current,
  }))
  if (json) terminal.out(`${JSON.stringify({ profiles: rows }, undefined, 2)}\n`)
  else if (rows.length === 0) terminal.out('No profiles yet: corehour profile add NAME --url URL --key KEY\n')
  else {
    const columns = [{ title: '' }, { title: 'Profile' }, { title: 'Server' }, { title: 'Key' }]
    terminal.out(
      table(
        columns,
        rows.map((each) => [each.current ? '*' : '', each.name, each.url, each.key]),
      ),
    )
  }
  return EXIT.done
}

async function add(
  kept: Profiles,
  name: string,
  { url, key: given }: { url?: string; key?: string },
  terminal: Terminal,
): Promise<number> {
  if (!/^[\p{L}\p{N}][\p{L}\p{N}_.-]{0,39}$/u.test(name))
    throw new UsageError(`a profile's name is of letters, digits, '.', '_' and '-', at most 40, not '${name}'`)
  if (!url || !given) throw new UsageError('add needs --url and --key')
  const key = given === '-' ? readFileSync(0, 'utf8').trim() : given
  const found = await look({ url, key }, terminal)
  const current = kept.current ?? name
  writeProfiles({ current, profiles: { ...kept.profiles, [name]: { url, key } } })
  const used = current === name ? 'used from now on' : `corehour profile use ${name} uses it`
  terminal.out(`${name}: ${found}; kept in ${profilesFile()}, ${used}\n`)
  return EXIT.done
}

/** Whose key it is. A server that doesn't answer now may do so later; a key or address that can't be right is not kept. */
async function look({ url, key }: Profile, terminal: Terminal): Promise<string> {
  const client = connect({ url, key, from: 'profile add' }, {}, terminal)
  try {
    const me = await client.me.get()
    return `the ${me.scope} key '${me.name}' of ${url}`
  } catch (error) {
    const failure = explainFailure(error)
    if (failure?.status !== EXIT.unreachable) throw error
    terminal.note(`corehour: ${failure.text}; the profile is kept all the same\n`)
    return `a key of ${url}`
  }
}

function without({ current, profiles }: Profiles, name: string): Profiles {
  const { [name]: _, ...others } = profiles
  return { ...(current !== undefined && current !== name && { current }), profiles: others }
}

function shortened(key: string): string {
  return `${key.slice(0, key.lastIndexOf('_') + 5)}…`
}
