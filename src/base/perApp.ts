import type { App } from './transact.ts'

/** Makes something once for each app, and lets go of it with the app. */
export function perApp<T>(make: (app: App) => T): (app: App) => T {
  const made = new WeakMap<App, { it: T }>()
  return (app) => {
    const known = made.get(app) ?? { it: make(app) }
    made.set(app, known)
    return known.it
  }
}
