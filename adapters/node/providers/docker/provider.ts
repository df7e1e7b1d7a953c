import { labelConstraint } from '../../../../src/compiler/discovery/constraints.ts'
import { compileRuleTemplate } from '../../../../src/compiler/discovery/default-rule.ts'
import { dockerOwnLabels, swarmOwnLabels } from '../../../../src/compiler/discovery/docker/own-labels.ts'
import { durationMs } from '../../../../src/schema/duration.ts'
import { nodeTemplatePorts } from '../../templates.ts'
import type { CreateProvider, ProviderOptions } from '../registry.ts'
import { ContainerSession } from './container-session.ts'
import { Containers, type FixedDerivation } from './containers.ts'
import type { EngineOptions } from './engine.ts'
import { type EnginePlace, EngineProvider } from './engine-provider.ts'
import { SwarmSession } from './swarm-session.ts'

/** Containers of an engine of Docker, or of one of the further engines. */
export const createDockerProvider: CreateProvider<ProviderOptions<'docker'>> = (name, options) => {
  const place = name === 'docker' ? placeOf(options) : hostPlace(name.slice('docker-'.length), options)
  const derivation = derivationOf(options, place)
  const kind = { subject: 'container', readOwn: dockerOwnLabels }
  const containers = new Containers(derivation, options.onConflict ?? 'drop', kind)
  return new EngineProvider(name, place, (link) => new ContainerSession(link, containers).follow(options.watch))
}

/** Services of a swarm. */
export const createSwarmProvider: CreateProvider<ProviderOptions<'swarm'>> = (name, options) => {
  const place = placeOf(options)
  const derivation = derivationOf(options, place)
  const kind = { subject: 'service', readOwn: swarmOwnLabels }
  const tasks = new Containers(derivation, options.onConflict ?? 'drop', kind)
  const refreshMs = durationMs(options.refreshSeconds)
  return new EngineProvider(name, place, (link) =>
    new SwarmSession(link, tasks, derivation).follow(options.watch, refreshMs),
  )
}

type Options = ProviderOptions<'docker'> | ProviderOptions<'swarm'>

const placeOf = (options: Options): EnginePlace => ({
  engine: engineOptions(options),
  env: process.env,
  publishedAt: '',
})

function hostPlace(name: string, options: ProviderOptions<'docker'>): EnginePlace {
  const { endpoint = '', address, ...host } = options.hosts?.[name] ?? {}
  const { httpClientTimeout } = options
  return {
    engine: engineOptions({ ...host, endpoint, httpClientTimeout }),
    env: {},
    publishedAt: address ?? hostOf(endpoint),
  }
}

/** Of the machine that an endpoint names. */
function hostOf(endpoint: string): string {
  const { hostname = '' } = URL.parse(endpoint.replace(/^tcp:/, 'http:')) ?? {}
  if (hostname === '') throw new Error('a host needs an endpoint on another machine, or the option "address"')
  return hostname.replace(/^\[|\]$/g, '')
}

const derivationOf = (options: Options, { publishedAt }: EnginePlace): FixedDerivation => ({
  exposedByDefault: options.exposedByDefault,
  constraint: labelConstraint(options.constraints ?? ''),
  allowEmptyServices: options.allowEmptyServices ?? false,
  network: options.network ?? '',
  useBindPortIP: options.useBindPortIP ?? false,
  rule: compileRuleTemplate(options.defaultRule, nodeTemplatePorts()),
  publishedAt,
})

const engineOptions = (
  options: Pick<Options, 'endpoint' | 'username' | 'password' | 'tls' | 'httpClientTimeout'>,
): EngineOptions => ({
  endpoint: options.endpoint,
  username: options.username ?? '',
  password: options.password ?? '',
  tls: options.tls,
  timeoutMs: durationMs(options.httpClientTimeout ?? '0s'),
})
