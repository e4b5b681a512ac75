import { chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { UsageError } from './verb.ts'

/** This command's version. */
export const VERSION = '0.1.0'

/** A server, and a key for it. */
export type Profile = { url: string; key: string }
export type Profiles = { current?: string; profiles: Record<string, Profile> }
/** What is used, and where it was said. */
export type Settings = { url: string; key: string | undefined; from: string }

const DEFAULT_URL = 'http://127.0.0.1:8087'

/** Where profiles are kept. */
export function profilesFile(): string {
  return join(process.env.XDG_CONFIG_HOME || join(homedir(), '.config'), 'corehour', 'profiles.json')
}

/** @throws UsageError where the file is broken. */
export function readProfiles(): Profiles {
  try {
    const kept = JSON.parse(readFileSync(profilesFile(), 'utf8')) as Profiles
    if (isProfiles(kept)) return kept
  } catch (error) {
    if ((error as { code?: string }).code === 'ENOENT') return { profiles: {} }
  }
  throw new UsageError(`${profilesFile()} is broken: remove it, then add your profiles again`)
}

function isProfiles(kept: Profiles): boolean {
  const isRecord = typeof kept?.profiles === 'object' && kept.profiles !== null
  return isRecord && Object.values(kept.profiles).every((each) => typeof each?.url === 'string' && each.key)
}

/** A profile by its name; undefined where there is none. */
export function findProfile({ profiles }: Profiles, name: string): Profile | undefined {
  return Object.hasOwn(profiles, name) ? profiles[name] : undefined
}

/**
 * Keeps them where only this user may read: they hold keys.
 * @throws UsageError where they can't be written.
 */
export function writeProfiles(profiles: Profiles): void {
  const path = profilesFile()
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    writeFileSync(`${path}.new`, `${JSON.stringify(profiles, undefined, 2)}\n`, { mode: 0o600 })
    chmodSync(`${path}.new`, 0o600)
    renameSync(`${path}.new`, path)
  } catch (error) {
    throw new UsageError(`${path} can't be written: ${(error as Error).message}`)
  }
}

/**
 * The server and key to use: of the named profile, of COREHOUR_URL and COREHOUR_KEY, or of the current profile. A profile's key goes to
 * its own server only. Without any key the public routes remain.
 * @throws UsageError for a profile that isn't there.
 */
export function settingsOf(name: string | undefined): Settings {
  const { COREHOUR_URL: url, COREHOUR_KEY: key } = process.env
  if (name === undefined && (url || key))
    return { url: url || DEFAULT_URL, key: key || undefined, from: 'the environment (COREHOUR_URL, COREHOUR_KEY)' }
  const kept = readProfiles()
  const chosen = name ?? kept.current
  const profile = chosen === undefined ? undefined : findProfile(kept, chosen)
  if (name !== undefined && !profile) throw new UsageError(`there is no profile '${name}': see corehour profile list`)
  return profile ? { ...profile, from: `profile ${chosen}` } : { url: DEFAULT_URL, key: undefined, from: 'the default' }
}

/** Whether the terminal's user wants no colour (no-color.org). */
export function wantsNoColour(): boolean {
  return Boolean(process.env.NO_COLOR) || process.env.TERM === 'dumb'
}
