import type { StaffRole } from '@corehour/contract'
import { Refusal, type Tx } from '../base/index.ts'
import { findUser, type User } from './people.ts'
import { endSessions } from './session.ts'
import { lockUser, updateUser } from './store.ts'

/**
 * Gives a user a role among the people who run Corehour, or takes it; what the user may do changes, so every session ends.
 * @throws Refusal unknown_user.
 */
export async function setStaffRole(tx: Tx, userId: string, staffRole: StaffRole | null): Promise<User> {
  const found = await findUser(tx, userId)
  if (!found) throw new Refusal('unknown_user', { value: userId })
  const user = await lockUser(tx, found)
  if (user.staffRole === staffRole) return user
  await endSessions(tx, userId)
  return updateUser(tx, { ...user, staffRole })
}
