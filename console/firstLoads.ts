import { createClient } from '@corehour/sdk'
import { QueryClient } from '@tanstack/react-query'
import type { Plugin, Rolldown } from 'vite'
import { FIRST, type First } from './src/books/first.ts'

/** How router.tsx says of which file a page is. */
const PAGE = /path: '([^']+)',(?:(?!createRoute).)*?import\('\.(\/pages\/[^']+)'\)/gs
/** In the place of the account of whoever asks. */
const CALLER = 'acct_of_caller'

/**
 * Tells the server, in `first.json`, what each page needs first, scripts and answers; and early.js, in the document, which file has the words:
 * so that a browser fetches at once what it would otherwise learn of from one script after another.
 */
export function firstLoads(): Plugin {
  const pages = new Map<string, string>()
  return {
    name: 'first-loads',
    apply: 'build',
    transform: {
      order: 'pre',
      handler(code, id) {
        if (id.endsWith('/src/router.tsx'))
          for (const [, path, file] of code.matchAll(PAGE)) pages.set(path!, `/src${file}`)
      },
    },
    async generateBundle(_options, bundle) {
      const chunks = Object.values(bundle).filter((each) => each.type === 'chunk')
      const known = new Set(chunks.filter(({ isEntry }) => isEntry).flatMap((entry) => closureOf(entry, bundle)))
      const found = [...pages].map(([path, file]) => {
        const chunk = chunks.find(({ facadeModuleId }) => facadeModuleId?.endsWith(file))
        if (!chunk) throw new Error(`${file} of router.tsx has no chunk of its own`)
        const scripts = closureOf(chunk, bundle).filter((each) => !known.has(each))
        return { path, scripts: scripts.map((each) => `/${each}`) }
      })
      const asked = await Promise.all(FIRST.map(async ({ on, of, ask }) => ({ on, of, paths: await pathsOf(ask) })))
      this.emitFile({ type: 'asset', fileName: 'first.json', source: JSON.stringify({ pages: found, asked }) })
    },
    transformIndexHtml: {
      order: 'post',
      handler: (html, { bundle = {} }) => ({
        // The frame is there first, then what fills it: as browsers take it, scripts would share the line with the style that it waits for.
        html: html.replaceAll('<script type="module"', '<script type="module" fetchpriority="low"'),
        tags: Object.values(bundle).flatMap((each) => {
          const [, language] = (each.type === 'chunk' && /\/words\/(en|zh)\.ts$/.exec(each.facadeModuleId ?? '')) || []
          if (!language) return []
          const attrs = { name: `words-${language}`, content: `/${each.fileName}` }
          return { tag: 'meta', attrs, injectTo: 'head-prepend' as const }
        }),
      }),
    },
  }
}

/** A chunk and all that it can't begin without. */
function closureOf(chunk: Rolldown.OutputChunk, bundle: Rolldown.OutputBundle, seen = new Set<string>()): string[] {
  seen.add(chunk.fileName)
  for (const name of chunk.imports) {
    const next = bundle[name]
    if (next?.type === 'chunk' && !seen.has(name)) closureOf(next, bundle, seen)
  }
  return [...seen]
}

/** What is asked of the API, as the SDK writes it: it is asked here, of nobody, and written down. */
async function pathsOf(ask: First['ask']): Promise<string[]> {
  const paths: string[] = []
  const url = 'http://nobody'
  const note = async (asked: RequestInfo | URL) => {
    paths.push(String(asked).slice(url.length).replace(CALLER, '{account_id}'))
    return Response.error()
  }
  const client = createClient({ url, retries: 0, fetch: note })
  await Promise.all(ask({ queries: new QueryClient(), client, accountId: CALLER }))
  return paths
}
