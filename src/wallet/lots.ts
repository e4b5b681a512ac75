import { bucketOf, type Tx } from '../base/index.ts'
import { readAllLots } from './store.ts'
import { compareLots, type Lot } from './wallet.ts'

/** Every lot of an account in the order in which they are spent; grants that were written off come last, the last one first. */
export async function listLots(tx: Tx, accountId: string): Promise<Lot[]> {
  const lots = await readAllLots(tx, [{ bucket: bucketOf(accountId), accountId }])
  const [over, open] = [lots.filter(({ expiredAt }) => expiredAt), lots.filter(({ expiredAt }) => !expiredAt)]
  return [
    ...open.sort(compareLots),
    ...over.sort((a, b) => Temporal.Instant.compare(b.expiredAt!, a.expiredAt!) || compareLots(a, b)),
  ]
}
