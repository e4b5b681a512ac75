/** How a figure or a word in a table looks that leads on to what is behind it. */
export const LEADS = 'underline decoration-edge underline-offset-4 hover:decoration-current'
