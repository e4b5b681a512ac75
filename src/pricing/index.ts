export { loadPrices } from './book.ts'
export { parsePriceList, type PriceListDocument } from './document.ts'
export { estimateJob, type Estimate } from './estimate.ts'
export { pricesInForce, type PricesInForce } from './inForce.ts'
export { pricingInvariants } from './invariants.ts'
export {
  formatMicro,
  listOf,
  priceAt,
  priceOf,
  showUnitPrices,
  type Price,
  type PriceBook,
  type PricedList,
} from './price.ts'
export { findPriceList, listPriceLists, pagePriceLists, publishPriceList, type PriceList } from './publish.ts'
export { findQuotes, honourQuote, quote, useQuote, type Quote } from './quote.ts'
export { checkQuantity, estimate, LARGEST_RATE, rateOf, type Quantity } from './rate.ts'
export { PRICES_AS_OF } from './store.ts'
