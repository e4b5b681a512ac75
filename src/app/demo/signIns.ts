import { randomBytes } from 'node:crypto'
import { derivedId, SYSTEM, transact, type App, type Tx } from '../../base/index.ts'
import { addPassword, createUser, findUser, hashPassword, setStaffRole } from '../../identity/index.ts'
import { openAccount } from '../../wallet/index.ts'
import { CAST, EMAILS, ids } from './cast.ts'

/** How somebody of the demo world signs in. */
export type SignIn = { who: string; email: string; password: string }

const OPERATOR = { name: 'Demo operator', email: 'operator@example.org' }

/** Gives the people of the demo world passwords, new ones each time, and the house an operator. */
export async function openSignIns(app: App): Promise<SignIn[]> {
  const people = [
    ...CAST.map(({ name, email }) => ({ userId: ids.user(name), who: name, email })),
    ...Object.entries(EMAILS).map(([name, email]) => ({ userId: ids.user(name), who: name, email })),
    { userId: ids.user(OPERATOR.name), who: 'the operator', email: OPERATOR.email },
  ]
  await transact(app, SYSTEM, openOperator)
  const signIns: SignIn[] = []
  for (const { userId, who, email } of people) {
    const password = randomBytes(9).toString('base64url')
    const secret = await hashPassword(password)
    await transact(app, SYSTEM, async (tx) => addPassword(tx, (await findUser(tx, userId))!, email, secret))
    signIns.push({ who, email, password })
  }
  return signIns
}

async function openOperator(tx: Tx): Promise<void> {
  const accountId = derivedId('acct', 'demo', OPERATOR.name)
  const userId = ids.user(OPERATOR.name)
  await openAccount(tx, { accountId, name: OPERATOR.name, currency: 'CNY' })
  await createUser(tx, { accountId, userId, ...OPERATOR })
  await setStaffRole(tx, userId, 'operator')
}
