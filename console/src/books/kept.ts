/** Keeps a choice of this browser's; where nothing can be kept it lasts until the page is left. */
export function keep(name: 'theme' | 'language', value: string): void {
  try {
    localStorage.setItem(`corehour.${name}`, value)
  } catch {
    // Private windows may refuse.
  }
}
