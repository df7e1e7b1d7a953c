import type { Steps } from '../../http/steps.ts'
import type { RouterPlan } from '../../plan/plan.ts'
import type { WantedCertificate } from '../../plan/tls.ts'
import { domainsOf } from '../../rules/domains.ts'
import { parseTcpRule } from '../../rules/parse-tcp-rule.ts'
import { RuleError } from '../../rules/rule-error.ts'
import { nearest } from '../decode/nearest.ts'
import type { TcpRouter } from '../dynamic/tcp.ts'
import type { TlsStore } from '../dynamic/tls.ts'
import type { MergedRouter } from '../merge/models.ts'
import type { ProblemList } from '../planning/problems.ts'
import { type Domain, domainOf, namesOf, sanitised, thinned } from './domains.ts'

export interface WantedInput {
  readonly routers: Readonly<Record<string, MergedRouter>>
  /** The same, planned: their rules are read already. */
  readonly planned: Readonly<Record<string, RouterPlan>>
  readonly tcpRouters: Readonly<Record<string, TcpRouter>>
  readonly stores: Readonly<Record<string, TlsStore>>
  readonly defaultRuleSyntax: string
  /** Names of the resolvers that there are. */
  readonly resolvers: ReadonlySet<string>
  readonly problems: ProblemList
}

type Place = readonly [section: 'http' | 'tcp', router: string]

/**
 * Which certificates resolvers are to bring (Traefik v3.7 `pkg/provider/acme/provider.go`): for each router with a
 * resolver those of `tls.domains`, or one for all the hosts of its rule; and the default one of the default store.
 */
export function* wantedCertificates(input: WantedInput): Steps<readonly WantedCertificate[]> {
  const wanted = new Map<string, WantedCertificate>()
  for (const [name, router] of Object.entries(input.tcpRouters)) {
    const place = ['tcp', name] as const
    yield
    if (!usesResolver(router.tls?.certResolver, place, input)) continue
    addRouter(wanted, router.tls ?? {}, () => tcpHosts(router, input.defaultRuleSyntax), place, input.problems)
  }
  for (const [name, router] of Object.entries(input.routers)) {
    const place = ['http', name] as const
    yield
    if (!usesResolver(router.tls?.certResolver, place, input)) continue
    addRouter(wanted, router.tls ?? {}, () => httpHosts(input.planned[name]), place, input.problems)
  }
  addDefault(wanted, input)
  return [...wanted.values()]
}

function usesResolver(
  resolver: string | undefined,
  [section, router]: Place,
  { resolvers, problems }: WantedInput,
): boolean {
  if (resolver === undefined || resolver === '') return false
  if (resolvers.has(resolver)) return true
  const near = nearest(resolver, [...resolvers])
  const message = `Router uses a nonexistent certificate resolver: ${resolver}`
  const hint = near === null ? 'add it to certificatesResolvers' : `did you mean "${near}"?`
  if (section === 'tcp') problems.addStream('error', ['tcp', 'routers', router, 'tls', 'certResolver'], message, hint)
  else problems.add('error', 'routers', router, ['tls', 'certResolver'], message, hint)
  return false
}

type RouterTls = NonNullable<MergedRouter['tls']> | NonNullable<TcpRouter['tls']>

function addRouter(
  wanted: Map<string, WantedCertificate>,
  { certResolver = '', domains = [] }: RouterTls,
  hosts: () => readonly string[],
  place: Place,
  problems: ProblemList,
): void {
  const [section, router] = place
  const note = (severity: 'warning' | 'error', option: string, message: string): void => {
    if (section === 'tcp') problems.addStream(severity, ['tcp', 'routers', router, 'tls', option], message)
    else problems.add(severity, 'routers', router, ['tls', option], message)
  }
  let entries: readonly Domain[]
  if (domains.length > 0) {
    const { domains: left, notes } = thinned(domains.map(({ main = '', sans = [] }) => ({ main, sans })))
    for (const text of notes) note('warning', 'domains', text)
    entries = left
  } else {
    const names = hosts()
    entries = names.length === 0 ? [] : [domainOf(names)]
  }
  for (const entry of entries) {
    const clean = sanitised(namesOf(entry))
    if ('error' in clean) {
      note('error', domains.length > 0 ? 'domains' : 'certResolver', clean.error)
      continue
    }
    for (const text of clean.notes) note('warning', domains.length > 0 ? 'domains' : 'certResolver', text)
    add(wanted, { resolver: certResolver, names: clean.names, origin: `${section} router ${router}`, isDefault: false })
  }
}

const httpHosts = (router: RouterPlan | undefined): readonly string[] =>
  router?.rule ? unique(domainsOf(router.rule)) : []

function tcpHosts({ rule = '', ruleSyntax }: TcpRouter, defaultRuleSyntax: string): readonly string[] {
  if (rule === '') return []
  try {
    const syntax = (ruleSyntax || defaultRuleSyntax) === 'v2' ? 'v2' : 'v3'
    return unique(parseTcpRule(rule, syntax).hosts.filter((host) => host !== '*'))
  } catch (error) {
    // Such a router is disabled for its rule, and the problem is among the others.
    if (error instanceof RuleError) return []
    throw error
  }
}

const unique = (names: readonly string[]): readonly string[] => [...new Set(names.map((name) => name.toLowerCase()))]

function addDefault(wanted: Map<string, WantedCertificate>, { stores, resolvers, problems }: WantedInput): void {
  const { defaultCertificate, defaultGeneratedCert: generated } = stores.default ?? {}
  if (generated === undefined) return
  const path = ['stores', 'default', 'defaultGeneratedCert']
  if (defaultCertificate !== undefined) {
    problems.addTls('warning', path, 'defaultCertificate and defaultGeneratedCert cannot be defined at the same time.')
    return
  }
  const { resolver = '', domain } = generated
  if (resolver === '' || domain === undefined) {
    problems.addTls('warning', path, 'default generated certificate domain or resolver is missing.')
    return
  }
  if (!resolvers.has(resolver)) {
    problems.addTls('error', [...path, 'resolver'], `nonexistent certificate resolver: ${resolver}`)
    return
  }
  const clean = sanitised(namesOf({ main: domain.main ?? '', sans: domain.sans ?? [] }))
  if ('error' in clean) {
    problems.addTls('error', [...path, 'domain'], clean.error)
    return
  }
  for (const text of clean.notes) problems.addTls('warning', [...path, 'domain'], text)
  add(wanted, { resolver, names: clean.names, origin: 'the default certificate', isDefault: true })
}

/** Copies of a router for several entry points, and routers of one host, want one certificate. */
function add(wanted: Map<string, WantedCertificate>, certificate: WantedCertificate): void {
  const key = JSON.stringify([certificate.resolver, certificate.isDefault, certificate.names])
  if (!wanted.has(key)) wanted.set(key, certificate)
}
