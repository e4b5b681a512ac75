export { createClient } from './client.ts'
export { CorehourError, ExportFailed, Unreachable, UnreadableAnswer } from './errors.ts'
export type { CallOptions, Client, ClientSettings, Export, InputOf, OptionsOf, Page, TopUpOrder } from './types.ts'
