import type { Page } from 'playwright-core'
import { NODE } from './world.ts'

/** A page as it is looked at: who looks, where, and what is opened on it first. */
export type Looked = {
  name: string
  who: 'nobody' | 'customer' | 'leaver' | 'newcomer' | 'operator' | 'support'
  path: string
  /** Opens a menu, a dialog, a fold. Language does not matter to it. */
  open?(page: Page): Promise<unknown>
  /** What the server refuses meanwhile, and should. */
  refused?: 401
}

const press = (selector: string) => (page: Page) => page.locator(selector).first().click()

/** Opens one of a page's fields that find something, with what is found. */
const find = (nth: number) => async (page: Page) => {
  await page.locator('main [aria-haspopup=listbox]').nth(nth).click()
  await page.locator('[role=option]').nth(1).waitFor()
}

/** What a key is for, in the form that makes one. */
const purpose = (page: Page) => page.locator('main input[maxlength="200"]').last()

/** Fills the form of staff in, as far as where a key would be made. */
const startKey = (scope: 'customer' | 'platform') => async (page: Page) => {
  await page.locator('main header button').click()
  await page
    .locator('main [role=radio]')
    .nth(scope === 'customer' ? 0 : 1)
    .click()
  await purpose(page).fill('Night shift')
  if (scope === 'customer') return find(0)(page)
  await page.locator('main textarea').fill('lab\nurn:slurm:north')
}

/** Every page of the console; `$order` and the like are of the demo world. */
export const PAGES: readonly Looked[] = [
  { name: 'sign-in', who: 'nobody', path: '/sign-in' },
  { name: 'sign-up', who: 'nobody', path: '/sign-up' },
  { name: 'confirm', who: 'nobody', path: '/confirm#corehour_link_none' },
  { name: 'confirm-without-link', who: 'nobody', path: '/confirm' },
  { name: 'reset-password', who: 'nobody', path: '/reset-password' },
  { name: 'choose-password', who: 'nobody', path: '/reset-password#corehour_link_none' },
  { name: 'pricing-signed-out', who: 'nobody', path: '/pricing' },
  { name: 'expenses', who: 'customer', path: '/' },
  { name: 'expenses-as-table', who: 'customer', path: '/', open: press('main summary') },
  { name: 'person-menu', who: 'customer', path: '/', open: press('header [aria-haspopup=menu]') },
  { name: 'top-up', who: 'customer', path: '/top-up' },
  { name: 'top-up-mistyped', who: 'customer', path: '/top-up', open: mistype },
  { name: 'order', who: 'customer', path: '/top-up/$order' },
  { name: 'receipt', who: 'customer', path: '/top-up/$paid' },
  { name: 'bill', who: 'customer', path: '/bill' },
  { name: 'bill-download', who: 'customer', path: '/bill', open: press('main [aria-haspopup=menu]') },
  { name: 'bill-user', who: 'customer', path: '/bill', open: find(1) },
  { name: 'bill-none', who: 'customer', path: '/bill?kind=storage' },
  { name: 'line', who: 'customer', path: '/bill/$line' },
  { name: 'deductions', who: 'customer', path: '/deductions?from=$from&to=$to' },
  { name: 'deductions-none', who: 'customer', path: '/deductions?from=2020-01-01T00:00:00Z&to=2020-01-01T01:00:00Z' },
  { name: 'posting', who: 'customer', path: '/postings/$seq' },
  { name: 'running', who: 'customer', path: '/running' },
  { name: 'node-delete', who: 'customer', path: '/running', open: askToDelete },
  { name: 'projects', who: 'customer', path: '/projects' },
  { name: 'project', who: 'customer', path: '/projects/$project' },
  { name: 'project-delete', who: 'customer', path: '/projects/$project', open: press('main header button') },
  { name: 'pricing', who: 'customer', path: '/pricing?sku=queue:a100&cpu=8&gpu=1&hours=10' },
  { name: 'messages', who: 'customer', path: '/messages' },
  { name: 'settings', who: 'customer', path: '/settings' },
  { name: 'key-made', who: 'customer', path: '/settings', open: makeKey },
  { name: 'key-revoke', who: 'customer', path: '/settings', open: press('main table button') },
  { name: 'signed-out', who: 'leaver', path: '/', open: leave, refused: 401 },
  { name: 'nothing', who: 'customer', path: '/nobody/knows/this' },
  { name: 'expenses-new', who: 'newcomer', path: '/' },
  { name: 'top-up-new', who: 'newcomer', path: '/top-up' },
  { name: 'bill-new', who: 'newcomer', path: '/bill' },
  { name: 'running-new', who: 'newcomer', path: '/running' },
  { name: 'projects-new', who: 'newcomer', path: '/projects' },
  { name: 'view', who: 'operator', path: '/view/$view/' },
  { name: 'view-bill', who: 'operator', path: '/view/$view/bill' },
  { name: 'view-deductions', who: 'operator', path: '/view/$view/deductions?from=$from&to=$to' },
  { name: 'view-project', who: 'operator', path: '/view/$view/projects/$project' },
  { name: 'view-nothing', who: 'operator', path: '/view/$view/top-up' },
  { name: 'staff-overview', who: 'operator', path: '/staff' },
  { name: 'staff-overview-by-sku', who: 'operator', path: '/staff', open: showBySku },
  { name: 'staff-arrears', who: 'operator', path: '/staff/arrears' },
  { name: 'staff-arrears-none', who: 'operator', path: '/staff/arrears?from=365' },
  { name: 'staff-accounts', who: 'operator', path: '/staff/accounts' },
  { name: 'staff-account', who: 'operator', path: '/staff/accounts/$account' },
  { name: 'staff-look-as', who: 'operator', path: '/staff/accounts/$account', open: press('main header button') },
  { name: 'staff-posting', who: 'operator', path: '/staff/accounts/$account/postings/$seq' },
  { name: 'staff-disputes', who: 'operator', path: '/staff/disputes' },
  { name: 'staff-disputes-none', who: 'operator', path: '/staff/disputes', open: press('main [aria-pressed=false]') },
  { name: 'staff-cards', who: 'operator', path: '/staff/cards' },
  { name: 'staff-cards-revoke', who: 'operator', path: '/staff/cards', open: press('main table button') },
  { name: 'staff-prices', who: 'operator', path: '/staff/prices' },
  { name: 'staff-prices-changed', who: 'operator', path: '/staff/prices', open: changePrice },
  { name: 'staff-prices-publish', who: 'operator', path: '/staff/prices', open: askToPublish },
  { name: 'staff-prices-text', who: 'operator', path: '/staff/prices', open: press('main [aria-pressed=false]') },
  { name: 'staff-keys', who: 'operator', path: '/staff/keys' },
  { name: 'staff-keys-customer', who: 'operator', path: '/staff/keys?scope=customer', open: startKey('customer') },
  { name: 'staff-keys-platform', who: 'operator', path: '/staff/keys?scope=platform', open: startKey('platform') },
  { name: 'staff-keys-made', who: 'operator', path: '/staff/keys', open: makeStaffKey },
  { name: 'staff-keys-revoke', who: 'operator', path: '/staff/keys', open: press('main table button') },
  { name: 'staff-keys-support', who: 'support', path: '/staff/keys?scope=platform' },
  { name: 'staff-health', who: 'operator', path: '/staff/health' },
  { name: 'staff-actions', who: 'operator', path: '/staff/actions' },
  { name: 'staff-actions-of', who: 'operator', path: '/staff/actions?did=accounts.credit', open: find(0) },
  { name: 'staff-actions-none', who: 'operator', path: '/staff/actions?did=staff.audit&through=2020-01-01' },
]

async function showBySku(page: Page): Promise<void> {
  await page.locator('main [aria-pressed=false]').nth(2).click()
  await page.locator('main svg[role=img]').waitFor()
  await page.locator('main summary').click()
}

async function mistype(page: Page): Promise<void> {
  await page.locator('main input[inputmode=decimal]').fill('1,5')
  await page.locator('main form button[type=submit]').first().click()
}

async function askToDelete(page: Page): Promise<void> {
  await page.getByRole('row').filter({ hasText: NODE }).locator('button:visible').last().click()
  await page.getByRole('alertdialog').waitFor()
}

async function makeKey(page: Page): Promise<void> {
  await purpose(page).fill('laptop')
  await purpose(page).press('Enter')
  await page.getByText(/corehour_customer_/).waitFor()
}

async function makeStaffKey(page: Page): Promise<void> {
  await startKey('platform')(page)
  await purpose(page).press('Enter')
  await page.getByText(/corehour_platform_/).waitFor()
}

/** The session ends while the page is open. */
async function leave(page: Page): Promise<void> {
  await page.context().clearCookies()
  await page.locator('header a[href="/bill"]:visible').first().click()
  await page.getByRole('dialog').waitFor()
}

async function changePrice(page: Page): Promise<void> {
  const [first, second] = [0, 1].map((at) => page.locator('main input[inputmode=decimal]').nth(at))
  await first!.fill('0.055')
  await second!.fill('0.1')
}

async function askToPublish(page: Page): Promise<void> {
  await changePrice(page)
  await page.locator('main form [aria-haspopup=dialog]').click()
  await page.locator('[data-day] button:enabled').last().click()
  await page.locator('main form input').last().fill('23:59')
  await page.locator('main form button[type=submit]').last().click()
  await page.getByRole('alertdialog').waitFor()
}
