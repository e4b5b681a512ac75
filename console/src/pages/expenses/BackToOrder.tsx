import { useQuery } from '@tanstack/react-query'
import { Navigate } from '@tanstack/react-router'
import { useClient } from '../../books/useBooks.ts'
import { Waiting } from '../../parts/States.tsx'

/** Whoever comes back from PayPal goes on at the order that was paid there: the latest one; how it stands is what that page shows. */
export function BackToOrder() {
  const client = useClient()
  const orders = useQuery({
    queryKey: ['paypal-orders'],
    queryFn: () => client.topUps.list({ limit: 20 }),
    staleTime: 0,
  })
  if (orders.isPending) return <Waiting className="h-96" />
  const order = orders.data?.data.find(({ channel }) => channel === 'paypal')
  if (!order) return <Navigate to="/top-up" replace />
  return <Navigate to="/top-up/$order" params={{ order: order.order_id }} replace />
}
