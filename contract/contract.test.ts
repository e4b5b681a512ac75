import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Validator } from '@seriousme/openapi-schema-validator'
import { Ajv } from 'ajv'
import { explain, listRoutes, namesIn, openApi, refusals } from './index.ts'

const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true })

test('the OpenAPI document is a valid one, and names every route', async () => {
  const document = JSON.parse(JSON.stringify(openApi('0.1.0')))
  const { valid, errors } = await new Validator().validate(document)
  assert.ok(valid, JSON.stringify(errors))
  const operations = Object.values(document.paths).flatMap((path) => Object.keys(path as object))
  assert.equal(operations.length, listRoutes().length)
})

test("every route's example is what its schemas say", () => {
  for (const { name, route } of listRoutes()) {
    const { params, query, body, response } = route.example
    const parts: [string, unknown, unknown][] = [
      ['params', route.params, params],
      ['query', route.query, query ?? (route.query && {})],
      ['body', route.body, body],
      ['response', route.response, response],
    ]
    for (const [part, schema, example] of parts) {
      assert.equal(schema === undefined, example === undefined, `${name} has ${part} and an example of it, or neither`)
      if (schema) assert.ok(ajv.validate(schema as object, example), `${name} ${part}: ${ajv.errorsText()}`)
    }
    assert.deepEqual(namesIn(route.path), Object.keys(route.params?.properties ?? {}), `${name} names its path`)
  }
})

test('a field has one name in a route, so that a call is one flat object', () => {
  for (const { name, route } of listRoutes()) {
    const fields = [route.params, route.query, route.body].flatMap((part) =>
      Object.keys((part as { properties?: object } | undefined)?.properties ?? {}),
    )
    assert.deepEqual(fields, [...new Set(fields)], name)
  }
})

test('every refusal is told in both languages, with the same details', () => {
  const placesIn = (text: string) =>
    [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]!).sort((a, b) => (a < b ? -1 : 1))
  for (const [code, { en, zh, status }] of Object.entries(refusals)) {
    assert.deepEqual(placesIn(zh), placesIn(en), code)
    assert.ok(status >= 200 && status < 600)
    assert.match(zh, /[\u4e00-\u9fff]/, code)
  }
  assert.equal(explain('unknown_account', { value: 'acct_1' }, 'zh'), '账户 acct_1 不存在。')
})
