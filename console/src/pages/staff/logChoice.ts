/** Which of the staff's actions are shown: it lives in the address, so that a link shows the same. */
export type LogChoice = {
  /** A key's id, or a person's. */
  who?: string | undefined
  /** Such as accounts.credit. */
  did?: string | undefined
  account?: string | undefined
  from?: string | undefined
  through?: string | undefined
}

const FORMS: Record<keyof LogChoice, RegExp> = {
  who: /^(key|user)_/,
  did: /^\w+\.\w+$/,
  account: /^acct_/,
  from: /^\d{4}-\d\d-\d\d$/,
  through: /^\d{4}-\d\d-\d\d$/,
}

/** Reads an address; what can't be is left out. */
export function readLogChoice(search: Record<string, unknown>): LogChoice {
  const sound = Object.entries(FORMS).filter(
    ([name, form]) => typeof search[name] === 'string' && form.test(search[name]),
  )
  return Object.fromEntries(sound.map(([name]) => [name, search[name]]))
}
