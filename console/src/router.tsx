import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router'
import { readBillChoice } from './pages/bill/choice.ts'
import { readAsked } from './pages/pricing/asked.ts'
import { NotFound } from './shell/NotFound.tsx'
import { Shell } from './shell/Shell.tsx'

const root = createRootRoute({ component: Shell, notFoundComponent: NotFound })

const expenses = createRoute({
  getParentRoute: () => root,
  path: '/',
  component: lazyRouteComponent(() => import('./pages/expenses/Expenses.tsx'), 'Expenses'),
})
const bill = createRoute({
  getParentRoute: () => root,
  path: '/bill',
  validateSearch: readBillChoice,
  component: lazyRouteComponent(() => import('./pages/bill/Bill.tsx'), 'Bill'),
})
const pricing = createRoute({
  getParentRoute: () => root,
  path: '/pricing',
  validateSearch: readAsked,
  component: lazyRouteComponent(() => import('./pages/pricing/Pricing.tsx'), 'Pricing'),
})

export const router = createRouter({
  routeTree: root.addChildren([expenses, bill, pricing]),
  defaultPreload: 'intent',
  scrollRestoration: true,
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}
