import { routes, type Route } from '@corehour/contract'
import tailwindcss from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { defineConfig, type Plugin } from 'vite'
import { firstLoads } from './firstLoads.ts'

/** What says which fields an answer has. */
const SHAPES = ['type', 'required', 'properties', 'items', 'allOf', 'anyOf']

/**
 * The contract as far as pages call it: without examples, descriptions and limits, which the server and the documentation read, and as
 * data, without the library that writes schemas. A third of the scripts of a first page, and of the time that a phone works on them.
 */
function slimContract(): Plugin {
  const slimmed = mapValues(routes, (verbs) => mapValues(verbs as Record<string, Route>, slim))
  return {
    name: 'slim-contract',
    apply: 'build',
    load: (id) =>
      id.endsWith('/contract/routes/index.ts')
        ? `export const routes = JSON.parse(${JSON.stringify(JSON.stringify(slimmed))})
          export const listRoutes = () => Object.entries(routes).flatMap(([noun, verbs]) =>
            Object.entries(verbs).map(([verb, route]) => ({ name: noun + '.' + verb, route })))`
        : undefined,
  }
}

function mapValues<V>(object: Record<string, V>, map: (value: V) => unknown): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, map(value)]))
}

function slim({ method, path, query, body, judgedByItem, response, stream, idempotency }: Route): object {
  const asked = query && { properties: mapValues(query.properties, () => ({})) }
  return {
    method,
    path,
    query: asked,
    body: body && {},
    judgedByItem,
    response: shapeOf(response),
    stream,
    idempotency,
  }
}

function shapeOf(schema: unknown): unknown {
  if (typeof schema !== 'object' || schema === null) return schema
  if (Array.isArray(schema)) return schema.map(shapeOf)
  const kept = Object.entries(schema).filter(([name]) => SHAPES.includes(name))
  return Object.fromEntries(
    kept.map(([name, each]) => [name, name === 'properties' ? mapValues(each, shapeOf) : shapeOf(each)]),
  )
}

// `npx vite` in this folder serves the pages anew at each change, over the API of a Corehour that runs on its usual port.
export default defineConfig({
  plugins: [react(), tailwindcss(), slimContract(), firstLoads()],
  build: {
    target: 'es2023',
    sourcemap: false,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 800,
    // What every page begins with is one file, and what most are made of another: each further one costs a phone a round trip of its own.
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            { name: 'first', tags: ['$initial'], priority: 1 },
            {
              name: 'parts',
              test: /\/src\/(parts\/(Field|Form|More|Name|Segments|Sheet|Table|When|leads)|books\/(useKey|useNow)|pages\/expenses\/useNames)\.tsx?$/,
            },
          ],
        },
      },
    },
  },
  server: { proxy: { '/v1': 'http://127.0.0.1:8087' } },
})
