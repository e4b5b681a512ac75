export { FAULTS, type Fault, type FaultName } from './faults.ts'
export { startSandbox, type Sandbox, type SandboxOptions } from './start.ts'
export type { Look } from './control.ts'
export type { SandboxSettings } from './settings.ts'
