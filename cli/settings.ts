import { chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { UsageError } from './verb.ts'

/** A server, and a key for it. */
export type Profile = { url: string; key: string }
export type Profiles = { current?: string; profiles: Record<string, Profile> }

const DEFAULT_URL = 'http://127.0.0.1:8087'

/** Where profiles are kept. */
export function profilesFile(): string {
  return join(process.env.XDG_CONFIG_HOME || join(homedir(), '.config'), 'corehour', 'profiles.json')
}

/** @throws UsageError where the file is broken. */
export function readProfiles(): Profiles {
  try {
    const kept = JSON.parse(readFileSync(profilesFile(), 'utf8')) as Profiles
    if (typeof kept.profiles === 'object' && kept.profiles !== null) return kept
  } catch (error) {
    if ((error as { code?: string }).code === 'ENOENT') return { profiles: {} }
  }
  throw new UsageError(`${profilesFile()} is broken: remove it, then add your profiles again`)
}

/** Keeps them where only this user may read: they hold keys. */
export function writeProfiles(profiles: Profiles): void {
  const path = profilesFile()
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  writeFileSync(`${path}.new`, `${JSON.stringify(profiles, undefined, 2)}\n`, { mode: 0o600 })
  chmodSync(`${path}.new`, 0o600)
  renameSync(`${path}.new`, path)
}

/**
 * The server and key to use: of the named profile, of COREHOUR_URL and COREHOUR_KEY, or of the current profile. Without any key the
 * public routes remain.
 * @throws UsageError for a profile that isn't there.
 */
export function settingsOf(name: string | undefined): { url: string; key: string | undefined } {
  const { COREHOUR_URL: url, COREHOUR_KEY: key } = process.env
  if (name === undefined && key) return { url: url || DEFAULT_URL, key }
  const kept = readProfiles()
  const chosen = name ?? kept.current
  const profile = chosen === undefined ? undefined : kept.profiles[chosen]
  if (name !== undefined && !profile) throw new UsageError(`there is no profile '${name}': see corehour profile list`)
  if (name === undefined && url) return { url, key: undefined }
  return profile ?? { url: DEFAULT_URL, key: undefined }
}

/** Whether the terminal's user wants no colour (no-color.org). */
export function wantsNoColour(): boolean {
  return Boolean(process.env.NO_COLOR) || process.env.TERM === 'dumb'
}
