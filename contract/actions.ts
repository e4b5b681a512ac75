/** What a platform may be asked to do with what runs, by its kind. */
export const ACTIONS = {
  job: ['stop'],
  node: ['stop', 'delete'],
  storage: [],
} as const satisfies Record<string, readonly Action[]>
export type Action = 'stop' | 'delete'
