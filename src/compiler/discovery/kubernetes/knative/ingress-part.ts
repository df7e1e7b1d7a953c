import { goQuote } from '../../../../rules/matchers.ts'
import type { HttpRouter } from '../../../dynamic/http.ts'
import { Findings } from '../findings.ts'
import type { KubernetesObject } from '../objects.ts'
import { type Part, PartBuilder } from '../parts.ts'
import { keyPairOf, secretOf } from '../secrets.ts'
import { Unusable } from '../servers.ts'
import { readSpec, type Spec } from '../spec.ts'
import type { World } from '../world.ts'
import type { KnativeOptions } from './options.ts'
import { type KnativeShare, sharesOf } from './services.ts'
import { type KnativePath, type KnativeSpec, knativeSpec } from './spec.ts'

/** What an Ingress brings. */
export interface KnativePart extends Part {
  /** Its status is ours. */
  readonly isOurs: boolean
}

/** What to do about several elements of one name. */
export const WAY_OUT = 'change the name of one of them'

const CLASS = 'networking.knative.dev/ingress.class'
const OUR_CLASS = 'traefik.ingress.networking.knative.dev'
const LOCAL = 'ClusterLocal'

/** What an Ingress of Knative brings (Traefik `buildRouters`). @param before what it brought as it was */
export function deriveKnativePart(
  ingress: KubernetesObject,
  world: World,
  before: Part | null,
  options: KnativeOptions,
): KnativePart {
  const findings = new Findings(ingress)
  const builder = new PartBuilder(findings, WAY_OUT)
  let isOurs = ingress.metadata.annotations?.[CLASS] === OUR_CLASS
  if (isOurs) {
    const namespace = ingress.metadata.namespace ?? ''
    const scope = {
      world,
      namespace,
      ingress,
      findings,
      builder,
      options,
      spec: readSpec(knativeSpec, ingress, findings),
    }
    isOurs = addCertificates(scope)
    if (isOurs) addRules(scope)
  }
  return { ...builder.build(before), isOurs }
}

interface Scope {
  readonly world: World
  readonly namespace: string
  readonly ingress: KubernetesObject
  readonly findings: Findings
  readonly builder: PartBuilder
  readonly options: KnativeOptions
  readonly spec: Spec<KnativeSpec>
}

/** False: one can't be used, so the Ingress is left out. */
function addCertificates({ world, namespace, findings, builder, spec }: Scope): boolean {
  for (const [at, entry] of spec.value.tls.entries()) {
    const field = `spec.tls[${at}]`
    const { secretName = '', secretNamespace = '' } = entry ?? {}
    if (secretNamespace !== namespace) {
      const hint = `write secretNamespace: ${namespace}`
      findings.warn(`${field}.secretNamespace`, 'the Secret is of another namespace: it is not used', hint)
      continue
    }
    const key = `${namespace}/${secretName}`
    try {
      const secret = secretOf(world, namespace, secretName, `${field}.secretName`, `secret ${key} does not exist`)
      builder.certificates.set(key, { ...keyPairOf(secret, `${field}.secretName`) })
    } catch (error) {
      if (!(error instanceof Unusable)) throw error
      findings.error(error.field, `Error loading TLS certificates: ${error.message}`, error.hint)
      return false
    }
  }
  return true
}

function addRules(scope: Scope): void {
  const { spec, options, findings } = scope
  for (const [at, rule] of spec.value.rules.entries()) {
    const field = `spec.rules[${at}]`
    if (rule?.http === undefined || !spec.isSound(`${field}.hosts`) || !spec.isSound(`${field}.visibility`)) continue
    const isLocal = rule.visibility === LOCAL
    const { publicEntryPoints = [], privateEntryPoints = [] } = options
    if (isLocal && privateEntryPoints.length === 0) {
      const hint = 'the provider’s option privateEntryPoints says where they are'
      findings.warn(
        `${field}.visibility`,
        'there are no entry points for traffic from inside: the rule is left out',
        hint,
      )
      continue
    }
    const entryPoints = isLocal ? privateEntryPoints : publicEntryPoints
    for (const [index, path] of rule.http.paths.entries()) {
      const place = `${field}.http.paths[${index}]`
      if (path !== undefined && spec.isSound(place)) addPath(scope, rule.hosts, entryPoints, path, at, index, place)
    }
  }
}

function addPath(
  { world, namespace, ingress, findings, builder, spec }: Scope,
  hosts: readonly string[],
  entryPoints: readonly string[],
  path: KnativePath,
  rule: number,
  index: number,
  field: string,
): void {
  const name = `${namespace}-${ingress.metadata.name}-rule-${rule}-path-${index}`
  const { appendHeaders = {}, rewriteHost } = path
  const hasHeaders = Object.keys(appendHeaders).length > 0
  const middleware = `${name}-append-headers`
  if (hasHeaders) {
    builder.add(
      'http.middlewares',
      middleware,
      { headers: { customRequestHeaders: appendHeaders } },
      `${field}.appendHeaders`,
    )
  }
  if (rewriteHost !== '') findings.warn(`${field}.rewriteHost`, 'rewriteHost has no effect')
  let shares: readonly KnativeShare[]
  try {
    shares = sharesOf(world, name, path.splits, `${field}.splits`)
  } catch (error) {
    if (!(error instanceof Unusable)) throw error
    findings.error(error.field, `Error building weighted round robin: ${error.message}`, error.hint)
    return
  }
  const service = `${name}-wrr`
  const router: HttpRouter = {
    ...(entryPoints.length === 0 ? {} : { entryPoints: [...entryPoints] }),
    rule: ruleOf(hosts, path),
    ...(hasHeaders ? { middlewares: [middleware] } : {}),
    service,
  }
  builder.add('http.routers', name, router, field)
  if (spec.value.tls.length > 0) builder.add('http.routers', `${name}-tls`, { ...router, tls: {} }, field)
  const services = shares.map(({ name: of, weight, headers }) => ({
    name: of,
    weight,
    ...(headers === undefined ? {} : { headers }),
  }))
  builder.add('http.services', service, { weighted: { services } }, `${field}.splits`)
  for (const share of shares) builder.add('http.services', share.name, share.service, `${field}.splits`)
}

/** The rule of a path; empty: there is nothing to tell its requests by. */
function ruleOf(hosts: readonly string[], { headers = {}, path }: KnativePath): string {
  const fields = Object.keys(headers).sort()
  return [
    ...(hosts.length === 0 ? [] : [`(${hosts.map((host) => `Host(${goQuote(host)})`).join(' || ')})`]),
    ...(fields.length === 0
      ? []
      : [`(${fields.map((name) => `Header(${goQuote(name)},${goQuote(headers[name]!.exact)})`).join(' && ')})`]),
    ...(path === '' ? [] : [`PathPrefix(${goQuote(path)})`]),
  ].join(' && ')
}
