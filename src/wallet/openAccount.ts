import type { Tx } from '../base/index.ts'
import { createAccount } from '../identity/index.ts'
import { insertWallet } from './store.ts'

/** Opens an account with its empty wallet. One currency an account, for good. */
export async function openAccount(
  tx: Tx,
  input: Parameters<typeof createAccount>[1],
): Promise<{ accountId: string; bucket: number }> {
  const account = await createAccount(tx, input)
  await insertWallet(tx, account, input.currency)
  return account
}
