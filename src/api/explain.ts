import type { Ports } from '../contracts/ports.ts'
import { isValidHost } from '../http/authority.ts'
import { parseIp } from '../http/ip.ts'
import type { ProxyResponse } from '../http/response.ts'
import type { Plan } from '../plan/plan.ts'
import type { Question } from '../runtime/explain/explain.ts'
import { groupOf } from '../runtime/linking/entry-points.ts'
import type { OperatorState } from '../runtime/operator.ts'
import type { Snapshot } from '../runtime/snapshot.ts'
import { answer, refuse, type Turn } from './answers.ts'
import type { View } from './views.ts'

/** What explaining needs of the process. */
export interface Explaining {
  readonly ports: Ports
  readonly operator: () => OperatorState
}

/** Fields that a question may have. */
const MOST_FIELDS = 100
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/

/**
 * `/api/explain?method=GET&url=https://shop.example.com/cart&header=Name: value&entryPoint=websecure&clientAddress=…`
 * (ours): what would become of that request.
 * @param entryPoints as the API shows them
 */
export async function explainAnswer(
  query: URLSearchParams,
  snapshot: Snapshot,
  { ports, operator }: Explaining,
  entryPoints: Readonly<Record<string, View>>,
  turn: Turn,
): Promise<ProxyResponse> {
  const question = questionOf(query, snapshot.plan, entryPoints)
  if (typeof question === 'string') return refuse(400, question)
  // A module of its own: most proxies are never asked.
  const { explain } = await import('../runtime/explain/explain.ts')
  // Who is not linked yet has no say.
  snapshot.linkAll()
  return answer(await explain(question, { snapshot, ports, operator: operator(), turn }))
}

/** A text says what is wrong. */
function questionOf(
  query: URLSearchParams,
  plan: Plan,
  entryPoints: Readonly<Record<string, View>>,
): Question | string {
  const url = query.get('url') ?? ''
  const [, scheme, authority = '', target = ''] = /^(https?):\/\/([^/?#]*)([^#]*)/i.exec(url) ?? []
  if (scheme === undefined) return 'url must be one of http or https: https://shop.example.com/cart'
  if (authority === '' || !isValidHost(authority)) return 'url must name a host, without user information'
  if (!/^[\x21-\x7e]*$/.test(target)) return 'url must have an encoded path and query: printable ASCII without blanks'
  const method = query.get('method') || 'GET'
  if (!TOKEN.test(method)) return 'method must be a token: GET'
  const headers = fieldsOf(query.getAll('header'))
  if (typeof headers === 'string') return headers
  const clientAddress = query.get('clientAddress') ?? ''
  if (clientAddress !== '' && parseIp(clientAddress) === null) return 'clientAddress must be an IP address'
  const named = query.get('entryPoint') ?? ''
  if (named !== '' && !Object.hasOwn(plan.entryPoints, named)) {
    return `there is no entry point "${named}" for HTTP (there are: ${Object.keys(plan.entryPoints).join(', ')})`
  }
  const isHttps = scheme.toLowerCase() === 'https'
  const entryPoint = named || entryPointFor(isHttps, authority, plan, entryPoints)
  if (entryPoint === null) return 'there is no entry point for HTTP'
  return {
    method,
    scheme: isHttps ? 'https' : 'http',
    authority,
    target: target.startsWith('/') ? target : `/${target}`,
    headers,
    entryPoint,
    clientAddress,
  }
}

function fieldsOf(given: readonly string[]): (readonly [string, string])[] | string {
  if (given.length > MOST_FIELDS) return `at most ${MOST_FIELDS} headers can be given`
  const fields: (readonly [string, string])[] = []
  for (const line of given) {
    const colon = line.indexOf(':')
    const [name, value] = [line.slice(0, colon), line.slice(colon + 1).trim()]
    if (colon === -1 || !TOKEN.test(name) || /[\x00-\x08\x0a-\x1f\x7f]/.test(value)) {
      return 'header must be a field line: Accept: text/html'
    }
    if (name.toLowerCase() === 'host') return 'the host is that of the url'
    fields.push([name, value])
  }
  return fields
}

/** Where such a request would come in: by its port, else the first one that has a router for its scheme. */
function entryPointFor(
  isHttps: boolean,
  authority: string,
  plan: Plan,
  entryPoints: Readonly<Record<string, View>>,
): string | null {
  const { schemes } = plan
  const names = Object.keys(plan.entryPoints)
  const byPlatform = isHttps ? schemes?.https[0] : schemes?.http
  if (byPlatform !== undefined && byPlatform !== '') return byPlatform
  const port = /:([0-9]+)$/.exec(authority)?.[1] ?? (isHttps ? '443' : '80')
  const byPort = names.find((name) =>
    String(entryPoints[name]?.address ?? '')
      .replace(/\/tcp$/i, '')
      .endsWith(`:${port}`),
  )
  if (byPort !== undefined) return byPort
  const routers = Object.values(plan.routers).filter(({ provider }) => provider !== 'internal')
  const used = names.find((name) => routers.some((router) => groupOf(router, name, isHttps, plan.schemes) !== null))
  return used ?? names[0] ?? null
}
