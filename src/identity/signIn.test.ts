import assert from 'node:assert/strict'
import { argon2Sync } from 'node:crypto'
import { test } from 'node:test'
import { query, SYSTEM, transact, type App } from '../base/index.ts'
import { openTestApp } from '../../test/harness.ts'
import { openPayer } from '../../test/lab.ts'
import {
  addPassword,
  checkPassword,
  checkSignInEmail,
  createUser,
  findPerson,
  hashPassword,
  signIn,
  takeAttempts,
  type Attempt,
} from './index.ts'
import { verifyPassword } from './password.ts'

const PLACE = { device: 'test', address: '127.0.0.1' }
/** Of the reference implementation of argon2 (its test of version 0x13): "password" with "somesalt". */
const REFERENCE = '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc'

test('what the reference implementation wrote is read; the same characters are the same password', async () => {
  assert.deepEqual(await verifyPassword('password', REFERENCE), { isRight: true, isOld: true })
  assert.equal((await verifyPassword('passwore', REFERENCE)).isRight, false)
  const kept = await hashPassword('caf\u00e9 au lait, s\u2019il')
  assert.match(kept, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[\w+/]{22}\$[\w+/]{43}$/)
  assert.deepEqual(await verifyPassword('cafe\u0301 au lait, s\u2019il', kept), { isRight: true, isOld: false })
  assert.notEqual(kept, await hashPassword('caf\u00e9 au lait, s\u2019il'), 'each has its own salt')
  assert.equal((await verifyPassword('anything at all', undefined)).isRight, false)
})

test('a password hashed at another cost is hashed anew at the next sign-in', async (t) => {
  const { app, close } = await openTestApp()
  t.after(close)
  const password = 'four words in a row'
  const nonce = Buffer.from('0123456789abcdef')
  const tag = argon2Sync('argon2id', {
    message: password,
    nonce,
    memory: 8192,
    passes: 1,
    parallelism: 1,
    tagLength: 32,
  })
  const plain = (bytes: Buffer) => bytes.toString('base64').replaceAll('=', '')
  const old = `$argon2id$v=19$m=8192,t=1,p=1$${plain(nonce)}$${plain(tag)}`
  await makeUser(app, 'ada', 'ada@example.org', old)
  const kept = async () => (await query(app.database.pool, { text: 'select secret from sign_in_method' }))[0]!.secret
  await assert.rejects(signIn(app, { email: 'ada@example.org', password: 'a wrong password', place: PLACE }), {
    code: 'wrong_password',
  })
  assert.equal(await kept(), old)
  await signIn(app, { email: 'Ada@Example.org', password, place: PLACE })
  const anew = await kept()
  assert.match(anew, /m=19456,t=2,p=1/)
  await signIn(app, { email: 'ada@example.org', password, place: PLACE })
  assert.equal(await kept(), anew)
})

test('a password that is short, long, common or known of the person is refused', () => {
  const known = ['Ada Lovelace', 'ada.lovelace@example.org']
  for (const fine of ['ten signs!', '密码要有十个字的长度吧', 'x1'.repeat(100)]) checkPassword(fine, known)
  for (const bad of ['nine sign', '密码要有十个字吗吧', 'x'.repeat(9) + '\u{1f600}'.repeat(192)])
    assert.throws(() => checkPassword(bad, known), { code: 'bad_password' }, bad)
  for (const bad of ['Password123', 'QWERTYUIOP', 'aaaaaaaaaaaa', 'ada lovelace', 'ADA.lovelace', known[1]!])
    assert.throws(() => checkPassword(bad, known), { code: 'common_password' }, bad)
})

test('an address that mail programs could read in two ways is none to sign in with', () => {
  assert.equal(checkSignInEmail('Ada+Lab@Example.co.uk'), 'ada+lab@example.co.uk')
  const bad = [
    '"evil@example.com x"@example.org',
    'a@b(c)d.org',
    'ada@example.org,evil@example.org',
    'a da@example.org',
    'ada@exam_ple.org',
    'ada@-example.org',
    'ada@example.org\n',
    'ада@example.org',
    `ada@${'x'.repeat(64)}.org`,
  ]
  for (const email of bad) assert.throws(() => checkSignInEmail(email), { code: 'bad_email' }, email)
})

test('an address of look-alike letters belongs to nobody; of several users the oldest is meant', async (t) => {
  const { app, clock, close } = await openTestApp()
  t.after(close)
  // A Kelvin sign, which is a k in small letters.
  await makeUser(app, 'kelvin', '\u212ael@example.org')
  const find = (email: string) => transact(app, SYSTEM, (tx) => findPerson(tx, email))
  assert.equal(await find('kel@example.org'), undefined)
  await makeUser(app, 'one', 'Kel@example.org')
  clock.advance(1)
  await makeUser(app, 'a', 'kel@example.org')
  assert.equal((await find('kel@example.org'))?.user.userId, 'user_one')
})

test('attempts of one network address are those of its /64; an IPv4 address is one, however it is written', async (t) => {
  const { app, close } = await openTestApp()
  t.after(close)
  const take = (of: string, times: number) =>
    transact(app, SYSTEM, async (tx) => {
      const attempt: Attempt = { kind: 'mailFrom', of }
      for (let n = 0; n < times; n++) await takeAttempts(tx, [attempt])
    })
  const spent = { code: 'too_many_attempts' }
  await take('2001:db8::1', 20)
  for (const near of ['2001:db8::2', '2001:db8:0:0:ffff::', '2001:DB8:0:0:1:2:3:4'])
    await assert.rejects(take(near, 1), spent, near)
  for (const far of ['2001:db8:0:1::1', '2001:db9::1', '::1']) await take(far, 1)
  await take('203.0.113.7', 20)
  await assert.rejects(take('::ffff:203.0.113.7', 1), spent)
  await take('203.0.113.8', 1)
})

async function makeUser(app: App, name: string, email: string, secret?: string): Promise<void> {
  const { accountId } = await openPayer(app, name)
  await transact(app, SYSTEM, async (tx) => {
    const user = await createUser(tx, { accountId, userId: `user_${name}`, name, email })
    if (secret !== undefined) await addPassword(tx, user, email, secret)
  })
}
