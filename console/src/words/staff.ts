import { staff as en } from './enStaff.ts'
import { useLanguage } from './index.tsx'
import { staff as zh } from './zhStaff.ts'

/** What staff's pages say: it comes with them, so that customers don't load it. */
export function useStaffWords(): typeof en {
  return { en, zh }[useLanguage().language]
}
