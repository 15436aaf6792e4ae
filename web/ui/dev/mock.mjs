// A stand-in for the server, for working on the pages alone: `npm run build && npm run mock`, then open the address it prints.
// It serves dist/ under the server's content security policy. Log-ins: meili / cashier, hq, money or new / demo.
// MOCK_FAIL=1 drops the first answer of every write, to see "try again".
import { createServer } from 'node:http'
import { readFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { routes, sessions } from './handlers.mjs'
import { Refusal } from './rules.mjs'

const PORT = Number(process.env.PORT ?? 8099)
const DIST = fileURLToPath(new URL('../dist', import.meta.url))
const TYPES = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' }
const CSP = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"

const answers = new Map()

function answerOf(request, path, query, body, en) {
  const who = sessions.get((request.headers.authorization ?? '').replace('Bearer ', ''))
  if (!who && !['/auth/login', '/auth/refresh', '/auth/logout'].includes(path)) throw new Refusal(401, 'token_expired', '登录已过期', 'The session has ended')
  for (const { pattern, handle } of routes) {
    const match = pattern.exec(`${request.method} ${path}`)
    if (match) return paged(handle({ ids: match.slice(1), body, query, who, en }), query)
  }
  throw new Refusal(404, 'not_found', '没有这个地址', 'No such address')
}

/** One page of a list; the cursor is simply the place in it. */
function paged(answer, query) {
  if (!Array.isArray(answer?.items)) return answer
  const from = Number(query.get('after') ?? 0)
  const to = from + Number(query.get('limit') ?? 50)
  return { items: answer.items.slice(from, to), next: to < answer.items.length ? String(to) : null }
}

async function read(request) {
  const chunks = []
  for await (const chunk of request) chunks.push(chunk)
  return chunks.length > 0 ? JSON.parse(Buffer.concat(chunks)) : null
}

async function api(request, response, url) {
  const en = !(request.headers['accept-language'] ?? 'zh').startsWith('zh')
  const path = url.pathname.slice('/api/v1'.length)
  const write = request.method !== 'GET' && !path.startsWith('/auth') && !path.endsWith('/quote')
  const key = request.headers['idempotency-key']
  const send = (status, body, type = 'application/json') => {
    if (body instanceof Uint8Array) {
      response.writeHead(200, { 'content-type': 'application/pdf', 'cache-control': 'no-store' })
      return response.end(body)
    }
    response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' })
    response.end(status === 204 ? '' : JSON.stringify(body))
  }
  try {
    const body = await read(request)
    if (write && !key) throw new Refusal(400, 'idempotency_key_missing', '缺少操作编号', 'No Idempotency-Key')
    if (answers.has(key)) return send(200, answers.get(key))
    const answer = answerOf(request, path, url.searchParams, body, en) ?? null
    if (write) answers.set(key, answer)
    if (write && process.env.MOCK_FAIL) return request.socket.destroy()
    send(answer === null ? 204 : write ? 201 : 200, answer)
  } catch (error) {
    if (!(error instanceof Refusal)) console.error(error)
    const { status = 500, code = 'unexpected', zh = String(error), en: english = String(error), extras = {} } = error
    const title = en ? english : zh
    send(status, { type: 'about:blank', title, status, detail: title, code, ...extras }, 'application/problem+json')
  }
}

async function file(response, pathname) {
  const name = pathname.endsWith('/') ? pathname + 'index.html' : pathname
  const content = await readFile(join(DIST, name)).catch(() => null)
  response.writeHead(content === null ? 404 : 200, { 'content-type': TYPES[extname(name)] ?? 'text/plain', 'content-security-policy': CSP })
  response.end(content ?? 'not found')
}

createServer((request, response) => {
  const url = new URL(request.url, 'http://localhost')
  if (url.pathname.startsWith('/api/v1/')) void api(request, response, url)
  else void file(response, url.pathname)
}).listen(PORT, '127.0.0.1', () => console.log(`http://127.0.0.1:${PORT}/`))
