/** Markup that is safe to send as it is. */
export type Html = { html: string }

/** A template whose values are escaped, unless they are markup themselves. */
export function html(parts: TemplateStringsArray, ...values: (Html | string | number | readonly Html[])[]): Html {
  const shown = values.map((value) => {
    if (typeof value === 'object') return 'html' in value ? value.html : value.map((each) => each.html).join('')
    return escape(String(value))
  })
  return { html: String.raw({ raw: parts }, ...shown) }
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
