export { refusals, explain, type RefusalCode, type Language } from './refusals.ts'
