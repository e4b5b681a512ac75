import { profilesFile, readProfiles, writeProfiles } from '../settings.ts'
import { table } from '../table.ts'
import { EXIT, readArgs, UsageError, type Verb } from '../verb.ts'

export const profileVerb: Verb = {
  summary: 'servers and keys by name',
  help: `corehour profile add NAME --url URL --key KEY
corehour profile [list]
corehour profile use NAME
corehour profile remove NAME

Kept where only you can read it. COREHOUR_URL and COREHOUR_KEY, where set, come before the current profile; --profile NAME before both.

  --url URL             such as https://billing.example.org
  --key KEY
  --lang en|zh          the language of refusals

Example: corehour profile add lab --url http://127.0.0.1:8087 --key corehour_customer_...
`,
  async run(args, terminal) {
    const { values, positionals } = readArgs(args, { url: { type: 'string' }, key: { type: 'string' } }, 2)
    const [verb = 'list', name] = positionals
    const kept = readProfiles()
    if (verb === 'list') {
      const rows = Object.entries(kept.profiles).map(([each, { url, key }]) => [
        each === kept.current ? '*' : '',
        each,
        url,
        `${key.slice(0, key.lastIndexOf('_') + 5)}…`,
      ])
      terminal.out(
        rows.length === 0
          ? 'No profiles yet: corehour profile add NAME --url URL --key KEY\n'
          : table([{ title: '' }, { title: 'Profile' }, { title: 'Server' }, { title: 'Key' }], rows),
      )
      return EXIT.done
    }
    if (name === undefined) throw new UsageError(`${verb} needs a NAME`)
    if (verb === 'add') {
      const { url, key } = values
      if (!url || !key) throw new UsageError('add needs --url and --key')
      if (!URL.canParse(url)) throw new UsageError(`'${url}' is no address such as https://billing.example.org`)
      writeProfiles({ current: kept.current ?? name, profiles: { ...kept.profiles, [name]: { url, key } } })
      terminal.out(`${name} is kept in ${profilesFile()}\n`)
      return EXIT.done
    }
    if (!kept.profiles[name]) throw new UsageError(`there is no profile '${name}'`)
    if (verb === 'use') writeProfiles({ ...kept, current: name })
    else if (verb === 'remove') {
      const { [name]: _, ...profiles } = kept.profiles
      writeProfiles({ ...(kept.current !== name && kept.current !== undefined && { current: kept.current }), profiles })
    } else throw new UsageError(`there is add, list, use and remove, not '${verb}'`)
    terminal.out(verb === 'use' ? `${name} is used from now on\n` : `${name} is removed\n`)
    return EXIT.done
  },
}
