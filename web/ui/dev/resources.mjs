// What the pages' lists, forms and records need of the interface's description: per list its columns, filters, bodies of what creates and
// changes an item, and further operations on one. `--check` only says whether the file is that of the snapshot.
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const here = (path) => fileURLToPath(new URL(path, import.meta.url))
const FILE = here('../src/lib/api/resources.gen.json')
const document = JSON.parse(readFileSync(here('../../../tests/snapshots/openapi.json'), 'utf8'))
const BASE = '/api/v1'
const PAGING = ['limit', 'after']
const LIMITS = ['minLength', 'maxLength', 'pattern', 'minimum', 'maximum']

const nameOf = (ref) => ref.split('/').at(-1)
const resolve = (schema) => (schema?.$ref ? document.components.schemas[nameOf(schema.$ref)] : schema)
/** Beginnings of labels that are older than the rule. */
const LABELS = { FormOfAddress: 'address' }
/** StoreKind → store-kind: the beginning of the names' labels. */
const kebab = (name) => LABELS[name] ?? name.replace(/(?<=.)[A-Z]/g, (capital) => `-${capital}`).toLowerCase()

function field(schema, required) {
  const kinds = [schema.type ?? []].flat()
  const nullable = kinds.includes('null') || (schema.oneOf ?? []).some(({ type }) => type === 'null')
  const inner = schema.oneOf ? schema.oneOf.find(({ type }) => type !== 'null') : schema
  const target = resolve(inner)
  const limits = Object.fromEntries(LIMITS.filter((name) => name in target).map((name) => [name, target[name]]))
  return { type: type(inner, target, kinds), ...(required && { required }), ...(nullable && { nullable }), ...choice(inner, target), ...limits }
}

function choice(inner, target) {
  return target.enum ? { label: inner.$ref ? kebab(nameOf(inner.$ref)) : null, choices: target.enum } : {}
}

function type(inner, target, kinds) {
  if (target.enum) return 'choice'
  if (inner.$ref) return nameOf(inner.$ref) === 'Text' ? 'words' : 'object'
  const kind = kinds.find((name) => name !== 'null')
  if (kind === 'array') return inner.items?.format === 'uuid' ? 'ids' : inner.items?.type === 'string' ? 'list' : 'object'
  if (kind === 'string') return { uuid: 'id', 'date-time': 'instant', date: 'date', password: 'password' }[inner.format] ?? 'text'
  return { integer: 'number', boolean: 'flag' }[kind] ?? 'object'
}

function fields(schema) {
  const whole = resolve(schema)
  if (whole.allOf) return Object.assign({}, ...whole.allOf.map(fields))
  const required = whole.required ?? []
  return Object.fromEntries(Object.entries(whole.properties ?? {}).map(([name, one]) => [name, field(one, required.includes(name))]))
}

const body = (operation) => operation?.requestBody?.content?.['application/json']?.schema
const listed = (operation) => body({ requestBody: operation?.responses['200'] })
const queried = (operation) => (operation.parameters ?? []).filter((one) => one.in === 'query' && !PAGING.includes(one.name))

function resource(path, list) {
  const one = document.paths[`${BASE}${path}/{id}`]
  const further = Object.entries(document.paths).filter(([name, item]) => name.startsWith(`${BASE}${path}/{id}/`) && body(item.post))
  return {
    shown: fields(resolve(listed(list)).properties.items.items),
    filters: Object.fromEntries(queried(list).map(({ name, required, schema }) => [name, field(schema, required)])),
    ...(body(document.paths[BASE + path].post) && { create: fields(body(document.paths[BASE + path].post)) }),
    ...(body(one?.patch) && { change: fields(body(one.patch)) }),
    operations: Object.fromEntries(further.map(([name, item]) => [name.split('/').at(-1), fields(body(item.post))])),
  }
}

const lists = Object.entries(document.paths)
  .map(([path, item]) => [path.slice(BASE.length), item.get])
  .filter(([path, get]) => !path.includes('{') && listed(get)?.$ref?.includes('/Page_'))
const text = JSON.stringify(Object.fromEntries(lists.map(([path, get]) => [path, resource(path, get)])), null, 1) + '\n'

if (!process.argv.includes('--check')) writeFileSync(FILE, text)
else if (readFileSync(FILE, 'utf8') !== text) {
  console.error('src/lib/api/resources.gen.json is not that of the snapshot: npm run types')
  process.exit(1)
}
