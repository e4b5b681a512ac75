import { IDEMPOTENCY_REFUSALS, listRoutes, openApi, refusals, type RefusalCode, type Route } from '@corehour/contract'
import type { FastifyInstance } from 'fastify'

/** No script, nothing from anywhere else. */
const POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

/** /openapi.json, and the same as a page to read at /docs; both are made once, from the contract. */
export function serveDocs(http: FastifyInstance, version: string): void {
  const description = JSON.stringify(openApi(version))
  const page = docsPage(version)
  http.get('/openapi.json', (_request, reply) => reply.type('application/json; charset=utf-8').send(description))
  http.get('/docs', (_request, reply) =>
    reply
      .header('content-security-policy', POLICY)
      .header('x-content-type-options', 'nosniff')
      .type('text/html; charset=utf-8')
      .send(page),
  )
}

function docsPage(version: string): string {
  const found = listRoutes()
  const nouns = [...Map.groupBy(found, ({ name }) => name.split('.')[0]!)]
  const menu = nouns.map(([noun, verbs]) => {
    const items = verbs.map(
      ({ name, route }) => `<li><a href="#${name}"><b>${route.method}</b> ${escape(route.path.slice(3))}</a></li>`,
    )
    return `<li>${escape(noun)}<ul>${items.join('')}</ul></li>`
  })
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Corehour API ${escape(version)}</title>
<style>${STYLE}</style>
</head>
<body>
<nav aria-label="Routes"><p class="home"><a href="#top">Corehour API</a></p><ul>${menu.join('')}</ul></nav>
<main id="top">
<h1>Corehour API <small>${escape(version)}</small></h1>
${INTRODUCTION}
${found.map(({ name, route }) => section(name, route)).join('\n')}
</main>
</body>
</html>
`
}

const INTRODUCTION = `
<p>Programs carry a key: <code>Authorization: Bearer KEY</code>; people sign in (<code>POST /v1/sessions</code>), and their browser carries a cookie. A customer's key sees one account, a platform's sends usage and asks admission, a
staff key runs the place. What a key may not see answers a plain 404. The same as data: <a href="/openapi.json">/openapi.json</a> (OpenAPI 3.1).</p>
<ul>
<li><b>Money</b> is <code>{"currency","amount","grains"}</code>: <code>grains</code> is exact (3,600,000,000 to the yuan or dollar), <code>amount</code> is for reading.</li>
<li><b>POST</b> takes an <code>Idempotency-Key</code> where the route says so: the same key again gets the first answer (for 24 hours), and nothing is done twice.</li>
<li><b>Lists</b> come in pages: pass <code>next_cursor</code> back as <code>cursor</code>. What is written meanwhile neither doubles nor hides a row.</li>
<li><b>Problems</b> follow RFC 9457, with a <code>code</code> of a closed set, a text in English or Chinese (<code>Accept-Language</code>), and the <code>request_id</code> that the log knows.</li>
<li><b>Limits</b> are said in <code>RateLimit</code> headers; 429 and 503 carry <code>Retry-After</code>.</li>
</ul>`

function section(name: string, route: Route): string {
  const { example } = route
  const fields = [
    ...rows('path', route.params, () => true),
    ...rows('query', route.query),
    ...rows('body', route.judgedByItem ? undefined : route.body),
  ]
  const codes: RefusalCode[] = [...route.refusals, ...(route.idempotency === 'none' ? [] : IDEMPOTENCY_REFUSALS)]
  return `<section id="${name}">
<h2><span class="method ${route.method.toLowerCase()}">${route.method}</span> <code>${escape(route.path)}</code></h2>
<p class="summary">${escape(route.summary)}</p>
${route.description ? `<p>${escape(route.description)}</p>` : ''}
<p class="scopes">${route.scopes.length === 0 ? 'No key needed' : `${route.people ? 'Who is signed in' : 'Key'}: ${route.scopes.join(', ')}`}${staffOf(
    route,
  )}${
    route.idempotency === 'stored' ? ' · needs an Idempotency-Key' : ''
  }${route.testClockOnly ? ' · only on a server with a test clock' : ''}</p>
${fields.length > 0 ? `<table><thead><tr><th>Field</th><th>In</th><th>Type</th><th></th></tr></thead><tbody>${fields.join('')}</tbody></table>` : ''}
<pre><code>${escape(curl(route))}</code></pre>
<details><summary>Answer ${route.status}</summary><pre><code>${escape(JSON.stringify(example.response, undefined, 2))}</code></pre></details>
${
  codes.length > 0
    ? `<details><summary>Refusals</summary><dl>${codes.map((code) => `<dt><code>${code}</code> ${refusals[code].status}</dt><dd>${escape(refusals[code].en)}</dd>`).join('')}</dl></details>`
    : ''
}
</section>`
}

/** Which people of the staff may, where not all of them. */
function staffOf({ scopes, people, staff, method }: Route): string {
  if (people || !scopes.includes('staff') || (!staff && method === 'GET')) return ''
  return ` (of the staff ${[...(staff ?? []), 'operator'].join(', ')})`
}

type Schema = {
  type?: string
  title?: string
  description?: string
  enum?: unknown[]
  const?: unknown
  anyOf?: Schema[]
  allOf?: Schema[]
  items?: Schema
  properties?: Record<string, Schema>
  required?: string[]
}

function rows(place: string, schema: unknown, isRequired?: (name: string) => boolean): string[] {
  const { properties = {}, required = [] } = (schema ?? {}) as Schema
  const needed = isRequired ?? ((name: string) => required.includes(name))
  return Object.entries(properties).map(
    ([name, field]) =>
      `<tr><td><code>${escape(name)}</code>${needed(name) ? '' : ' <i>optional</i>'}</td><td>${place}</td><td>${escape(typeOf(field))}</td><td>${escape(
        field.description ?? '',
      )}</td></tr>`,
  )
}

function typeOf(schema: Schema): string {
  if (schema.title) return schema.title
  if (schema.enum) return schema.enum.join(' | ')
  if (schema.const !== undefined) return String(schema.const)
  if (schema.anyOf) return schema.anyOf.map(typeOf).join(' | ')
  if (schema.allOf) return schema.allOf.map(typeOf).join(' & ')
  if (schema.items) return `list of ${typeOf(schema.items)}`
  return schema.type ?? 'anything'
}

/** The example as a command that can be pasted, once COREHOUR_URL and COREHOUR_KEY are set. */
export function curl(route: Route): string {
  const { params = {}, query = {}, body } = route.example
  const path = route.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => params[name] ?? `{${name}}`)
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value]).map((each) => `${name}=${encodeURIComponent(String(each))}`),
  )
  const lines = [
    `curl ${route.method === 'GET' ? '' : `-X ${route.method} `}"$COREHOUR_URL${path}${pairs.length > 0 ? `?${pairs.join('&')}` : ''}"`,
    ...(route.scopes.length > 0 ? ['-H "Authorization: Bearer $COREHOUR_KEY"'] : []),
    ...(route.idempotency === 'none' ? [] : ['-H "Idempotency-Key: $(uuidgen)"']),
    ...(body === undefined
      ? []
      : ["-H 'Content-Type: application/json'", `-d '${JSON.stringify(body, undefined, 2).replaceAll("'", "'\\''")}'`]),
  ]
  return lines.join(' \\\n  ')
}

function escape(text: string): string {
  return text.replace(/[&<>"]/g, (each) => `&#${each.charCodeAt(0)};`)
}

const STYLE = `
:root { color-scheme: light dark; --ink: light-dark(#1c2430, #e4e9f0); --soft: light-dark(#5a6675, #97a3b4); --line: light-dark(#dfe4ea, #2b3440);
  --ground: light-dark(#fff, #12171e); --panel: light-dark(#f5f7f9, #1a212b); --mark: light-dark(#0b6e5f, #4fd1b8) }
* { box-sizing: border-box }
body { margin: 0; display: grid; grid-template-columns: 17rem minmax(0, 1fr); color: var(--ink); background: var(--ground);
  font: 15px/1.55 system-ui, sans-serif }
nav { position: sticky; top: 0; height: 100vh; overflow: auto; padding: 1.5rem 1rem; border-right: 1px solid var(--line); background: var(--panel) }
nav ul { list-style: none; margin: 0; padding: 0 } nav li { margin: .6rem 0 .2rem; color: var(--soft) } nav li li { margin: 0 }
nav a { display: block; padding: .15rem .5rem; border-radius: 5px; font: 12.5px/1.5 ui-monospace, monospace; color: var(--ink); text-decoration: none; overflow-wrap: anywhere }
nav a:hover, nav a:focus { background: var(--line) } nav b { color: var(--mark); font-weight: 600 }
.home a { font: 600 16px system-ui, sans-serif }
main { max-width: 56rem; padding: 2rem 2.5rem 6rem }
h1 small { color: var(--soft); font-weight: 400; font-size: .6em } h2 { font-size: 1.05rem; margin: 0 0 .4rem; overflow-wrap: anywhere }
section { padding: 2rem 0 1rem; border-top: 1px solid var(--line) }
a { color: var(--mark) } code { font: .92em ui-monospace, monospace } i { color: var(--soft); font-size: .85em }
.method { font: 600 .75rem ui-monospace, monospace; padding: .15rem .45rem; border-radius: 4px; background: var(--mark); color: var(--ground); vertical-align: 2px }
.summary { margin: .2rem 0 } .scopes { color: var(--soft); font-size: .9em }
table { border-collapse: collapse; width: 100%; font-size: .9em } td, th { text-align: left; vertical-align: top; padding: .3rem .6rem .3rem 0; border-bottom: 1px solid var(--line) }
pre { background: var(--panel); padding: .8rem 1rem; border-radius: 8px; overflow: auto } summary { cursor: pointer; color: var(--soft) }
dt { margin-top: .5rem } dd { margin: 0 0 0 1rem; color: var(--soft) }
@media (max-width: 760px) { body { grid-template-columns: minmax(0, 1fr) } nav { position: static; height: auto; border: 0 } main { padding: 1rem } }
`
