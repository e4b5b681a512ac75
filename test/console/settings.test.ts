// What people do about themselves: sessions, a password forgotten, a language; in a real Chromium over the real server.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { openChromium, withoutChromium as skip } from './browser.ts'
import { arrive, openWorld, PASSWORD } from './world.ts'

let chromium: Browser
before(async () => {
  if (!skip) chromium = await openChromium()
})
after(() => chromium?.close())

test('sessions elsewhere are listed and ended', { skip }, async (t) => {
  const { world, person, page } = await arrive(t, chromium, 'Everywhere')
  const other = await world.visit()
  await world.signIn(other.page, person.email)
  other.expect(401, /\/v1\//)
  await page.goto('/settings')
  const sessions = page.getByRole('region', { name: 'Signed in at' }).getByRole('listitem')
  await sessions.nth(1).waitFor()
  await page.getByRole('button', { name: 'End all others' }).click()
  await sessions.nth(1).waitFor({ state: 'detached' })
  await sessions.getByText('this one').waitFor()
  await other.page.getByRole('link', { name: 'Bill', exact: true }).first().click()
  await other.page.getByRole('dialog', { name: 'You are signed out' }).waitFor()
})

test('a password that was forgotten is set anew by a mail; the old one is none any more', { skip }, async (t) => {
  const world = await openWorld(t, chromium)
  const { email } = await world.settleIn('Forgetful')
  const { page, expect } = await world.visit()
  expect(422, /\/v1\/sessions/)
  await page.goto('/sign-in')
  await page.getByRole('link', { name: 'Set or reset the password' }).click()
  // Both pages have a field of this name.
  await page.getByRole('button', { name: 'Send a link' }).waitFor()
  await page.getByLabel('E-mail').fill(email)
  await page.getByRole('button', { name: 'Send a link' }).click()
  await page.getByText('Look into your mail').waitFor()
  await page.goto('/outbox')
  const mail = page.getByRole('row').filter({ hasText: email }).getByRole('link')
  await page.goto((await mail.getAttribute('href'))!)
  await page.goto((await page.locator('a[href*="#corehour_link_"]').first().getAttribute('href'))!)
  await page.getByLabel('New password').fill('five words in a row')
  await page.getByRole('button', { name: 'Set password' }).click()
  await page.getByText('The password is set').waitFor()
  await page.getByRole('link', { name: 'Sign in' }).last().click()
  const signIn = async (password: string) => {
    await page.getByLabel('E-mail').fill(email)
    await page.getByLabel('Password').fill(password)
    await page.getByRole('button', { name: 'Sign in' }).click()
  }
  await signIn(PASSWORD)
  await page.getByText('That did not work').waitFor()
  await signIn('five words in a row')
  await page.getByRole('heading', { name: 'Expenses' }).waitFor()
})

test('the language that was chosen stays, also for what the server refuses', { skip }, async (t) => {
  const { page, expect } = await arrive(t, chromium, 'Lin')
  expect(422, /top-up-orders/)
  await page.goto('/settings')
  await page.getByRole('button', { name: '中', exact: true }).click()
  await page.getByRole('heading', { name: '设置' }).waitFor()
  await page.goto('/top-up')
  await page.getByRole('textbox', { name: '金额' }).fill('30000')
  await page.locator('main form button[type=submit]').first().click()
  assert.match(await page.getByRole('alert').innerText(), /20,?000/)
  assert.equal(await page.locator('html').getAttribute('lang'), 'zh')
})
