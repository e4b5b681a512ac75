/** Of which stretch of use the deductions are shown: from one instant up to another, as the address names them. */
export type Stretch = { from?: string | undefined; to?: string | undefined }

/** Reads an address; what can't be is left out. */
export function readStretch({ from, to }: Record<string, unknown>): Stretch {
  return { ...(isInstant(from) && { from }), ...(isInstant(to) && { to }) }
}

function isInstant(text: unknown): text is string {
  return typeof text === 'string' && /^\d{4}-\d\d-\d\dT/.test(text) && !Number.isNaN(Date.parse(text))
}
