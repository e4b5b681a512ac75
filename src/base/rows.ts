// Generated from the migrated database by `npm run check -- --write`; do not edit.
export type Rows = Record<string, never>
