export const KEY_SCOPES = ['customer', 'platform', 'staff'] as const

/** Which keys are shown: it lives in the address, so that a link shows the same. */
export type KeyChoice = { scope?: (typeof KEY_SCOPES)[number] }

/** Reads an address; what can't be is left out. */
export function readKeyChoice({ scope }: Record<string, unknown>): KeyChoice {
  const known = KEY_SCOPES.find((each) => each === scope)
  return known === undefined ? {} : { scope: known }
}
