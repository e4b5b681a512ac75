import { refusals, type RefusalCode } from './refusals.ts'
import { COMMON_REFUSALS, IDEMPOTENCY_REFUSALS, namesIn, type Route } from './route.ts'
import { listRoutes, type Routes } from './routes/index.ts'

type Json = Record<string, unknown>

const TAGS: Record<keyof Routes, string> = {
  me: 'Who asks',
  usage: 'Usage events: what platforms saw',
  admissions: 'Admission: may this run?',
  accounts: 'Accounts, balances and journals',
  bills: 'Bills',
  spans: 'What runs and ran',
  commands: 'What platforms are asked to do',
  exports: 'Detailed bills as files',
  topUps: 'Top-ups',
  payments: 'Payments',
  disputes: 'Payments that fit no order',
  notices: "Gateways' notices",
  prices: 'Prices',
  priceLists: 'Published price lists',
  estimates: 'Estimates',
  quotes: 'Quotes',
  users: 'Users',
  projects: 'Projects and members',
  names: 'Names of projects and users',
  cards: 'Experience cards',
  cardBatches: 'Experience cards in bulk',
  keys: 'API keys',
  staff: 'Staff',
  reports: 'Reports on all accounts',
  health: 'How the server stands',
  signUp: 'Signing up',
  sessions: 'Signing in and out',
  passwords: 'Passwords',
  messages: 'Messages',
  testClock: 'The test clock',
}

/** The API as an OpenAPI 3.1 document. */
export function openApi(version: string): Json {
  const named = new Map<string, unknown>()
  const paths: Record<string, Json> = {}
  for (const { name, route } of listRoutes()) {
    const path = (paths[route.path] ??= {})
    path[route.method.toLowerCase()] = operation(name, route, named)
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'Corehour',
      version,
      summary: 'Prepaid billing for compute clouds and shared HPC, exact to the last grain',
      license: { name: 'See the repository' },
    },
    servers: [{ url: '/' }],
    tags: Object.entries(TAGS).map(([tag, description]) => ({ name: tag, description })),
    paths,
    components: {
      schemas: { ...Object.fromEntries([...named].sort(([a], [b]) => (a < b ? -1 : 1))), Problem: PROBLEM },
      securitySchemes: {
        key: { type: 'http', scheme: 'bearer', description: 'An API key' },
        session: { type: 'apiKey', in: 'cookie', name: '__Host-corehour', description: 'Somebody who is signed in' },
      },
    },
  }
}

const PROBLEM = {
  type: 'object',
  description: 'RFC 9457',
  required: ['type', 'status', 'code', 'title', 'detail', 'request_id'],
  properties: {
    type: { type: 'string' },
    status: { type: 'integer' },
    code: { type: 'string', enum: Object.keys(refusals) },
    title: { type: 'string' },
    detail: { type: 'string', description: 'In the language of Accept-Language: en or zh' },
    param: { type: 'string', description: 'Which part of the request' },
    request_id: { type: 'string' },
  },
}

function operation(name: string, route: Route, named: Map<string, unknown>): Json {
  const { example } = route
  const parameters = [
    ...namesIn(route.path).map((each) =>
      parameter('path', each, route.params!.properties[each], example.params, named),
    ),
    ...Object.entries(route.query?.properties ?? {}).map(([each, schema]) =>
      parameter('query', each, schema, example.query, named, route.query!.required?.includes(each)),
    ),
    ...(route.idempotency === 'none' ? [] : [IDEMPOTENCY_KEY]),
  ]
  return {
    operationId: name.replace('.', '_'),
    tags: [name.split('.')[0]],
    summary: route.summary,
    ...(route.description && { description: route.description }),
    ...(parameters.length > 0 && { parameters }),
    ...(route.body && { requestBody: requestBody(route, named) }),
    responses: {
      [route.status]: {
        description: 'Done',
        content: {
          [route.stream ? 'text/event-stream' : 'application/json']: {
            schema: refer(route.response, named),
            example: example.response,
          },
        },
      },
      ...problems(route),
    },
    security: securityOf(route),
    'x-scopes': route.scopes,
    ...(route.staff && { 'x-staff': [...route.staff, 'operator'] }),
  }
}

/** People sign in as customers or staff; platforms have keys. */
function securityOf({ scopes, people }: Route): Json[] {
  if (scopes.length === 0) return []
  const session = scopes.some((each) => each !== 'platform') ? [{ session: [] }] : []
  return people ? session : [{ key: [] }, ...session]
}

const IDEMPOTENCY_KEY = {
  name: 'Idempotency-Key',
  in: 'header',
  description: 'Your own name of this request: the same again gets the first answer; another body with it is refused',
  schema: { type: 'string', minLength: 1, maxLength: 200 },
}

function parameter(
  place: 'path' | 'query',
  name: string,
  schema: unknown,
  example: Record<string, unknown> | undefined,
  named: Map<string, unknown>,
  required = place === 'path',
): Json {
  const shown = example?.[name]
  return { name, in: place, required, schema: refer(schema, named), ...(shown !== undefined && { example: shown }) }
}

function requestBody(route: Route, named: Map<string, unknown>): Json {
  const schema = refer(route.body, named)
  const content = { schema, example: route.example.body }
  const types = ['application/json', ...(route.bodyTypes ?? [])]
  return { required: true, content: Object.fromEntries(types.map((type) => [type, content])) }
}

/** Refusals by status, each with its codes. */
function problems(route: Route): Json {
  const codes: RefusalCode[] = [
    ...COMMON_REFUSALS.filter((code) => route.scopes.length > 0 || (code !== 'unauthorized' && code !== 'forbidden')),
    ...(route.idempotency === 'none' ? [] : IDEMPOTENCY_REFUSALS),
    ...route.refusals,
  ]
  const byStatus = Map.groupBy(new Set(codes), (code) => refusals[code].status)
  return Object.fromEntries(
    [...byStatus]
      .sort(([a], [b]) => a - b)
      .map(([status, found]) => [
        status,
        {
          description: found.map((code) => `\`${code}\`: ${refusals[code].en}`).join('\n\n'),
          content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
        },
      ]),
  )
}

/** A schema as plain JSON in which every titled one is a reference to a component. */
function refer(schema: unknown, named: Map<string, unknown>): unknown {
  if (Array.isArray(schema)) return schema.map((each) => refer(each, named))
  if (typeof schema !== 'object' || schema === null) return schema
  const plain = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, refer(value, named)]))
  const { title } = schema as { title?: unknown }
  if (typeof title !== 'string') return plain
  named.set(title, plain)
  return { $ref: `#/components/schemas/${title}` }
}
