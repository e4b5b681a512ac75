/** What of a bill is shown: it lives in the address, so that a link shows the same. */
export type BillChoice = {
  view?: 'created' | 'joined' | undefined
  from?: string | undefined
  through?: string | undefined
  kind?: 'job' | 'node' | 'storage' | undefined
  project?: string | undefined
  user?: string | undefined
  sku?: string | undefined
}

const DAY = /^\d{4}-\d\d-\d\d$/

/** Reads an address; what can't be is left out. */
export function readBillChoice(search: Record<string, unknown>): BillChoice {
  const { view, from, through, kind, project, user, sku } = search
  return {
    ...((view === 'created' || view === 'joined') && { view }),
    ...(typeof from === 'string' && DAY.test(from) && { from }),
    ...(typeof through === 'string' && DAY.test(through) && { through }),
    ...((kind === 'job' || kind === 'node' || kind === 'storage') && { kind }),
    ...(typeof project === 'string' && project.startsWith('proj_') && { project }),
    ...(typeof user === 'string' && user.startsWith('user_') && { user }),
    ...(typeof sku === 'string' && sku !== '' && { sku }),
  }
}
