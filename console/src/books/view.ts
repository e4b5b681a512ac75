/**
 * The view in which staff look at a customer's pages, from the address; undefined: these pages are the reader's own. It stands at the
 * beginning of every address of the view, so that no tab shows one while it thinks it shows the other.
 */
export const VIEW_ID = /^\/view\/(view_[0-9a-z]+)(?=\/|$)/.exec(location.pathname)?.[1]

/** Whether nothing can be changed here: what would change something is not shown. The server refuses it whatever is shown. */
export const LOOKS_ONLY = VIEW_ID !== undefined
