import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router'
import { loadPatiently } from './books/reach.ts'
import { VIEW_ID } from './books/view.ts'
import { readBillChoice } from './pages/bill/choice.ts'
import { readStretch } from './pages/expenses/stretch.ts'
import { readListed } from './pages/projects/listed.ts'
import { readAsked } from './pages/pricing/asked.ts'
import { readArrearsChoice } from './pages/staff/arrearsChoice.ts'
import { readKeyChoice } from './pages/staff/keyChoice.ts'
import { readLogChoice } from './pages/staff/logChoice.ts'
import { readTopUpAsked } from './pages/topup/amount.ts'
import { NotFound } from './parts/NotFound.tsx'
import { Shell } from './shell/Shell.tsx'

const root = createRootRoute({ component: Shell, notFoundComponent: NotFound })

/** A page of its own file, which may have to wait for the server. */
const page: typeof lazyRouteComponent = (load, name) => lazyRouteComponent(() => loadPatiently(load), name)

const expenses = createRoute({
  getParentRoute: () => root,
  path: '/',
  // PayPal sends payers back here.
  validateSearch: ({ topup }: Record<string, unknown>): { topup?: 'agreed' | 'left' } =>
    topup === 'agreed' || topup === 'left' ? { topup } : {},
  component: page(() => import('./pages/expenses/Expenses.tsx'), 'Expenses'),
})
const bill = createRoute({
  getParentRoute: () => root,
  path: '/bill',
  validateSearch: readBillChoice,
  component: page(() => import('./pages/bill/Bill.tsx'), 'Bill'),
})
const billLine = createRoute({
  getParentRoute: () => root,
  path: '/bill/$line',
  component: page(() => import('./pages/bill/Line.tsx'), 'Line'),
})
const deductions = createRoute({
  getParentRoute: () => root,
  path: '/deductions',
  validateSearch: readStretch,
  component: page(() => import('./pages/expenses/Deductions.tsx'), 'Deductions'),
})
const posting = createRoute({
  getParentRoute: () => root,
  path: '/postings/$seq',
  component: page(() => import('./pages/expenses/Posting.tsx'), 'Posting'),
})
const pricing = createRoute({
  getParentRoute: () => root,
  path: '/pricing',
  validateSearch: readAsked,
  component: page(() => import('./pages/pricing/Pricing.tsx'), 'Pricing'),
})

const topUp = createRoute({
  getParentRoute: () => root,
  path: '/top-up',
  validateSearch: readTopUpAsked,
  component: page(() => import('./pages/topup/TopUp.tsx'), 'TopUp'),
})
const topUpOrder = createRoute({
  getParentRoute: () => root,
  path: '/top-up/$order',
  component: page(() => import('./pages/topup/OrderPage.tsx'), 'OrderPage'),
})
const running = createRoute({
  getParentRoute: () => root,
  path: '/running',
  component: page(() => import('./pages/running/Running.tsx'), 'Running'),
})
const projects = createRoute({
  getParentRoute: () => root,
  path: '/projects',
  validateSearch: readListed,
  component: page(() => import('./pages/projects/Projects.tsx'), 'Projects'),
})
const project = createRoute({
  getParentRoute: () => root,
  path: '/projects/$project',
  component: page(() => import('./pages/projects/Project.tsx'), 'Project'),
})

const messages = createRoute({
  getParentRoute: () => root,
  path: '/messages',
  component: page(() => import('./pages/messages/Messages.tsx'), 'Messages'),
})
const settings = createRoute({
  getParentRoute: () => root,
  path: '/settings',
  component: page(() => import('./pages/settings/Settings.tsx'), 'Settings'),
})
const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  // Only a page of ours is gone to: an address of elsewhere begins otherwise.
  validateSearch: ({ next }: Record<string, unknown>): { next?: string } =>
    typeof next === 'string' && /^\/(?![/\\])/.test(next) ? { next } : {},
  component: page(() => import('./pages/signin/SignIn.tsx'), 'SignIn'),
})
const signUp = createRoute({
  getParentRoute: () => root,
  path: '/sign-up',
  component: page(() => import('./pages/signin/SignUp.tsx'), 'SignUp'),
})
const confirm = createRoute({
  getParentRoute: () => root,
  path: '/confirm',
  component: page(() => import('./pages/signin/Confirm.tsx'), 'Confirm'),
})
const resetPassword = createRoute({
  getParentRoute: () => root,
  path: '/reset-password',
  component: page(() => import('./pages/signin/ResetPassword.tsx'), 'ResetPassword'),
})

const staffOverview = createRoute({
  getParentRoute: () => root,
  path: '/staff',
  component: page(() => import('./pages/staff/Overview.tsx'), 'Overview'),
})
const staffArrears = createRoute({
  getParentRoute: () => root,
  path: '/staff/arrears',
  validateSearch: readArrearsChoice,
  component: page(() => import('./pages/staff/InArrears.tsx'), 'InArrears'),
})
const staffAccounts = createRoute({
  getParentRoute: () => root,
  path: '/staff/accounts',
  validateSearch: ({ search }: Record<string, unknown>): { search?: string } =>
    typeof search === 'string' && search !== '' ? { search } : {},
  component: page(() => import('./pages/staff/Accounts.tsx'), 'Accounts'),
})
const staffAccount = createRoute({
  getParentRoute: () => root,
  path: '/staff/accounts/$account',
  component: page(() => import('./pages/staff/Account.tsx'), 'Account'),
})
const staffPosting = createRoute({
  getParentRoute: () => root,
  path: '/staff/accounts/$account/postings/$seq',
  component: lazyRouteComponent(() => import('./pages/staff/Posting.tsx'), 'Posting'),
})
const staffDisputes = createRoute({
  getParentRoute: () => root,
  path: '/staff/disputes',
  component: page(() => import('./pages/staff/Disputes.tsx'), 'Disputes'),
})
const staffCards = createRoute({
  getParentRoute: () => root,
  path: '/staff/cards',
  component: page(() => import('./pages/staff/Cards.tsx'), 'Cards'),
})
const staffPrices = createRoute({
  getParentRoute: () => root,
  path: '/staff/prices',
  component: page(() => import('./pages/staff/Prices.tsx'), 'Prices'),
})
const staffKeys = createRoute({
  getParentRoute: () => root,
  path: '/staff/keys',
  validateSearch: readKeyChoice,
  component: page(() => import('./pages/staff/Keys.tsx'), 'Keys'),
})
const staffHealth = createRoute({
  getParentRoute: () => root,
  path: '/staff/health',
  component: page(() => import('./pages/staff/Health.tsx'), 'Health'),
})
const staffActions = createRoute({
  getParentRoute: () => root,
  path: '/staff/actions',
  validateSearch: readLogChoice,
  component: page(() => import('./pages/staff/ActionsPage.tsx'), 'ActionsPage'),
})

const routeTree = root.addChildren([
  expenses,
  topUp,
  topUpOrder,
  bill,
  billLine,
  deductions,
  posting,
  running,
  projects,
  project,
  pricing,
  messages,
  settings,
  signIn,
  signUp,
  confirm,
  resetPassword,
  staffOverview,
  staffArrears,
  staffAccounts,
  staffAccount,
  staffPosting,
  staffDisputes,
  staffCards,
  staffPrices,
  staffKeys,
  staffHealth,
  staffActions,
])

export function openRouter() {
  return createRouter({
    routeTree,
    // Within a view every link stays in it.
    ...(VIEW_ID !== undefined && { basepath: `/view/${VIEW_ID}` }),
    defaultPreload: 'intent',
    scrollRestoration: true,
  })
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof openRouter>
  }
}
