import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { query, SYSTEM, transact } from '../base/index.ts'
import { addPassword, createUser, hashPassword } from '../identity/index.ts'
import { openMailServer, queueMail } from '../notify/index.ts'
import { openTestApp, type TestApp } from '../../test/harness.ts'
import { openPayer } from '../../test/lab.ts'
import { FROM, HOUSE, openMailbox, tokenIn, type Mailbox } from '../../test/mailbox.ts'
import { sendDue } from './mail.ts'

type Post = TestApp & { mailbox: Mailbox; states(): Promise<unknown[]> }
const BUSY = { responseCode: 451, message: 'try again later' }

async function open(t: TestContext): Promise<Post> {
  const test = await openTestApp()
  const mailbox = await openMailbox()
  t.after(async () => {
    await mailbox.close()
    await test.close()
  })
  const { accountId } = await openPayer(test.app, 'Lab')
  await transact(test.app, SYSTEM, async (tx) => {
    const user = await createUser(tx, { accountId, userId: 'user_ada', name: 'Ada', email: 'ada@example.org' })
    await addPassword(tx, user, 'ada@example.org', await hashPassword('four words in a row'))
  })
  const states = async () => {
    const rows = await query(test.app.database.pool, {
      text: 'select state, tries, failure from mail order by mail_id',
    })
    return rows.map(({ state, tries, failure }) => [state, tries, failure])
  }
  return { ...test, mailbox, states }
}

function ask({ app }: TestApp, mailId: string, address = 'ada@example.org'): Promise<void> {
  const mail = { mailId, address, language: 'en', kind: 'password_reset', data: {}, near: address } as const
  return transact(app, SYSTEM, (tx) => queueMail(tx, mail))
}

const now = () => new AbortController().signal

test('a server that is busy is asked again after ever longer pauses, until the mail is of no use', async (t) => {
  const post = await open(t)
  const { app, clock, mailbox, states } = post
  mailbox.behave(() => BUSY)
  await ask(post, 'mail_1')
  const tries = async () => {
    await sendDue(app, mailbox.server, HOUSE, now())
    return ((await states()) as [[string, number]])[0][1]
  }
  assert.equal(await tries(), 1)
  const pauses = [1, 5, 15, 60, ...Array<number>(11).fill(240)]
  for (const [n, minutes] of pauses.entries()) {
    clock.advance(minutes * 60 - 1)
    assert.equal(await tries(), n + 1, `${minutes} minutes`)
    clock.advance(1)
    assert.equal(await tries(), n + 2)
  }
  const [[state, , failure]] = (await states()) as [[string, number, string]]
  assert.equal(state, 'failed')
  assert.match(failure, /451 try again later/)
  assert.equal(mailbox.received.length, 0)
})

test('what is busy and then takes it has it once, under the same name; what refuses for good is not asked again', async (t) => {
  const post = await open(t)
  const { app, clock, mailbox, states } = post
  mailbox.behave(() => BUSY)
  await ask(post, 'mail_1')
  await mailbox.fetch(app)
  mailbox.behave(() => undefined)
  clock.advance(59)
  assert.deepEqual(await mailbox.fetch(app), [])
  clock.advance(1)
  const [mail] = await mailbox.fetch(app)
  assert.equal(mail!.messageId, '<mail_1@corehour.example>')
  assert.equal(mail!.from!.text, '"Corehour" <billing@corehour.example>')
  assert.equal(mail!.headers.get('auto-submitted'), 'auto-generated')
  clock.advance(86_400)
  assert.deepEqual(await mailbox.fetch(app), [])
  mailbox.behave(() => ({ responseCode: 550, message: 'no such mailbox' }))
  await ask(post, 'mail_2')
  await mailbox.fetch(app)
  clock.advance(86_400)
  await mailbox.fetch(app)
  const [, refused] = (await states()) as [unknown, [string, number, string]]
  assert.deepEqual(refused.slice(0, 2), ['failed', 1])
  assert.match(refused[2], /550 no such mailbox/)
})

test('a server that is away, or does not take our password, is no fault of the mail', async (t) => {
  const post = await open(t)
  const { app, clock, mailbox, states } = post
  await ask(post, 'mail_1')
  await sendDue(app, openMailServer('smtp://127.0.0.1:1', FROM), HOUSE, now())
  clock.advance(60)
  await sendDue(app, openMailServer(mailbox.url.replace('//', '//me:wrong@'), FROM), HOUSE, now())
  assert.deepEqual(
    ((await states()) as unknown[][]).map(([state, tries]) => [state, tries]),
    [['waiting', 2]],
  )
  clock.advance(300)
  assert.equal((await mailbox.fetch(app)).length, 1)
})

test('several servers send each mail once; what nobody could note is sent again once under the same name, when its time is over', async (t) => {
  const post = await open(t)
  const { app, clock, mailbox } = post
  for (let n = 0; n < 4; n++) await ask(post, `mail_${n}`)
  await Promise.all([1, 2, 3].map(() => sendDue(app, mailbox.server, HOUSE, now())))
  assert.deepEqual(
    mailbox.received.map(({ messageId }) => messageId!).toSorted((a, b) => (a < b ? -1 : 1)),
    [0, 1, 2, 3].map((n) => `<mail_${n}@corehour.example>`),
  )
  // A server that ends with the mail gone and nothing noted: what it began never comes back to it.
  await ask(post, 'mail_lost')
  const gone = Promise.withResolvers<never>()
  const { promise: isSent, resolve } = Promise.withResolvers<void>()
  const dying = {
    send: async (...mail: Parameters<typeof mailbox.server.send>) => {
      await mailbox.server.send(...mail)
      resolve()
      return gone.promise
    },
  }
  void sendDue(app, dying, HOUSE, now())
  await isSent
  assert.deepEqual(await mailbox.fetch(app), [], 'another server leaves it alone')
  clock.advance(299)
  assert.deepEqual(await mailbox.fetch(app), [])
  clock.advance(1)
  const [again] = await mailbox.fetch(app)
  const first = mailbox.received.at(-2)!
  assert.equal(again!.messageId, '<mail_lost@corehour.example>')
  assert.equal(first.messageId, again!.messageId)
  assert.notEqual(tokenIn(first), tokenIn(again!), 'no secret was kept that could be sent again')
  clock.advance(86_400)
  assert.deepEqual(await mailbox.fetch(app), [])
})

test('nobody known by an address is told nothing, and what waited too long without a server is not sent when one comes', async (t) => {
  const post = await open(t)
  const { app, clock, mailbox, states } = post
  await ask(post, 'mail_1', 'nobody@example.org')
  assert.deepEqual(await mailbox.fetch(app), [])
  await ask(post, 'mail_2')
  clock.advance(48 * 3600)
  assert.deepEqual(await mailbox.fetch(app), [])
  assert.deepEqual(await states(), [
    ['dropped', 1, null],
    ['failed', 1, 'it came too late to be of use'],
  ])
})
