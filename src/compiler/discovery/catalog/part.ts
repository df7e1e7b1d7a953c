import type { ConfigProblem } from '../../../plan/problem.ts'
import type { DynamicConfig } from '../../dynamic/dynamic.ts'
import { complete, type ServerAddress } from '../complete.ts'
import type { ParsedConstraint } from '../constraints.ts'
import type { RuleTemplate } from '../default-rule.ts'
import { fnv64 } from '../fnv.ts'
import { ItemFault, type ItemPart, itemProblem, problemsOf } from '../item.ts'
import { decodeLabels, strayLabels } from '../labels.ts'
import { normalize } from '../normalize.ts'
import type { ConnectCertificates } from './consul.ts'
import type { CatalogInstance } from './instance.ts'
import { meshTransportName, withMeshTransports } from './mesh.ts'
import { labelsOfTags, type OwnTags, type TagDialect } from './own-tags.ts'

/** How instances of services become configuration. */
export interface CatalogDerivation {
  readonly dialect: TagDialect
  readonly prefix: string
  readonly exposedByDefault: boolean
  readonly constraint: ParsedConstraint<readonly string[]>
  readonly rule: RuleTemplate
  /** States of checks that are good enough, in lower case; `any` accepts all. Null: checks do not count. */
  readonly strictChecks: readonly string[] | null
  readonly allowEmptyServices: boolean
  readonly connectAware: boolean
  readonly connectByDefault: boolean
}

/** Whether a service is looked at, by the tags of all its instances together. */
export interface ServiceDecision {
  readonly isWanted: boolean
  /** Its proxies in the mesh are asked for. */
  readonly connect: boolean
  readonly problems: readonly ConfigProblem[]
}

/** Decides before instances are asked for, as Traefik does. */
export const decideService = (
  name: string,
  tags: readonly string[],
  derivation: CatalogDerivation,
): ServiceDecision => {
  const title = `service ${name}`
  const { own, problems } = readOwn(tags, derivation)
  const told = tagProblems(title, problems, derivation.prefix)
  if (own === null) return { isWanted: false, connect: false, problems: told }
  const kept = isKept(own, tags, derivation, title)
  return {
    isWanted: kept === true,
    connect: own.connect,
    problems: typeof kept === 'boolean' ? told : [...told, kept],
  }
}

/** What an instance brings. */
export interface CatalogPart {
  readonly part: ItemPart
  /** Something is wrong with its tags. */
  readonly isBroken: boolean
}

/**
 * What an instance of a service brings (Traefik `pkg/provider/{consulcatalog,nomad}/config.go`).
 * @param certificates of the mesh; null: there are none
 */
export const catalogPart = (
  instance: CatalogInstance,
  derivation: CatalogDerivation,
  certificates: ConnectCertificates | null,
): CatalogPart => {
  const { id, node, name, tags } = instance
  const title = `service ${name}, instance ${id}`
  const key = normalize(`${node}-${name}-${id}-${node.length}-${name.length}-${id.length}`)
  const part = (config: DynamicConfig | null, problems: readonly ConfigProblem[], isBroken = false): CatalogPart => ({
    part: { key, title, createdAt: 0, config, problems },
    isBroken,
  })
  const { own, problems: ownProblems, labels } = readOwn(tags, derivation)
  const told = tagProblems(title, [...ownProblems, ...strayLabels(labels)], derivation.prefix)
  if (own === null) return part(null, told, true)
  const kept = isKept(own, tags, derivation, title)
  // Who is left out on purpose is told nothing of its other tags.
  if (kept !== true) return part(null, kept === false ? [] : [kept])
  if (!isHealthy(instance, derivation)) return part(null, [])
  const decoded = decodeLabels(labels)
  const decoding = [...told, ...tagProblems(title, decoded.problems, derivation.prefix)]
  if (decoded.value === null) return part(null, decoding, true)
  const isEmpty = instance.address === '' && derivation.allowEmptyServices
  if (instance.address === '' && !isEmpty) {
    return part(null, [...decoding, itemProblem('error', title, 'address is missing')])
  }
  const completed = complete(decoded.value, {
    title,
    name: serviceName(instance, own),
    serves: !isEmpty,
    address: (port) => addressOf(instance, port),
    defaultRule: () => derivation.rule.render({ Name: name, Labels: labels }),
    ...(own.connect ? { meshTransport: meshTransportName(instance) } : {}),
  })
  const problems = [...decoding, ...completed.problems]
  if (completed.config === null) return part(null, problems, true)
  const config = own.connect ? withMeshTransports(completed.config, instance, certificates) : completed.config
  return part(config, problems)
}

const readOwn = (tags: readonly string[], derivation: CatalogDerivation) => {
  const labels = labelsOfTags(tags, derivation.prefix, derivation.dialect.trims)
  return { ...derivation.dialect.own(labels, derivation), labels }
}

const isKept = (
  own: OwnTags,
  tags: readonly string[],
  { constraint, connectAware }: CatalogDerivation,
  title: string,
): boolean | ConfigProblem => {
  if (!own.enable) return false
  if (constraint.accepts === null) {
    return itemProblem('error', title, `Error matching constraint expressions: ${constraint.error}`)
  }
  return constraint.accepts(tags) && (connectAware || !own.connect)
}

const isHealthy = ({ status }: CatalogInstance, { strictChecks }: CatalogDerivation): boolean =>
  strictChecks === null || strictChecks.includes('any') || strictChecks.includes(status.toLowerCase())

const addressOf = ({ address, port }: CatalogInstance, wanted: string): ServerAddress => {
  const chosen = wanted === '' ? port : wanted
  if (chosen === '') {
    throw new ItemFault('port is missing', 'say it: http.services.NAME.loadbalancer.server.port=80 behind the prefix')
  }
  return { host: address, port: chosen }
}

/** A canary has a service of its own beside the others of its name. */
const serviceName = ({ name, tags }: CatalogInstance, { canary }: OwnTags): string =>
  normalize(canary ? `${name}-${fnv64([...tags].sort().join(''))}` : name)

/** Labels are tags here, with a prefix of the user's. */
const tagProblems = (title: string, problems: readonly ConfigProblem[], prefix: string): ConfigProblem[] =>
  problemsOf(title, problems).map((problem) => ({
    ...problem,
    ...(problem.origin?.field === undefined
      ? {}
      : { origin: { item: title, field: problem.origin.field.replace(/^label traefik\b/, () => `tag ${prefix}`) } }),
  }))
