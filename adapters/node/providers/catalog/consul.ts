import { readConsulInstances, readConsulServices } from '../../../../src/compiler/discovery/catalog/consul.ts'
import { consulTags } from '../../../../src/compiler/discovery/catalog/own-tags.ts'
import type { CatalogDerivation } from '../../../../src/compiler/discovery/catalog/part.ts'
import { tagConstraint } from '../../../../src/compiler/discovery/constraints.ts'
import { compileRuleTemplate } from '../../../../src/compiler/discovery/default-rule.ts'
import { durationMs } from '../../../../src/schema/duration.ts'
import { nodeTemplatePorts } from '../../templates.ts'
import { type Provider, ProviderRefused, type ProviderSink } from '../provider.ts'
import type { CreateProvider, ProviderOptions } from '../registry.ts'
import { Catalog } from './catalog.ts'
import { type Consul, type ConsulOptions, createConsul } from './consul-client.ts'
import { followConsul } from './consul-session.ts'
import { elementsOfAnswer } from './elements.ts'
import { type CatalogApi, CatalogLook } from './look.ts'

type Options = ProviderOptions<'consulCatalog'>

const NAME = 'consulcatalog'

/** Services that are registered in a Consul. */
export const createConsulCatalogProvider: CreateProvider<Options> = (name, options) =>
  new ConsulCatalogProvider(name, options)

class ConsulCatalogProvider implements Provider {
  readonly name: string
  readonly #options: Options
  readonly #derivation: CatalogDerivation
  readonly #catalog: Catalog
  /** The token may not read everything; null: not known yet. */
  #isFiltered: boolean | null = null

  constructor(name: string, options: Options) {
    this.name = name
    this.#options = options
    this.#derivation = {
      dialect: consulTags,
      prefix: options.prefix,
      exposedByDefault: options.exposedByDefault,
      constraint: tagConstraint(options.constraints ?? ''),
      rule: compileRuleTemplate(options.defaultRule, nodeTemplatePorts()),
      strictChecks: options.strictChecks.map((status) => status.toLowerCase()),
      allowEmptyServices: false,
      connectAware: options.connectAware ?? false,
      connectByDefault: options.connectByDefault ?? false,
    }
    this.#catalog = new Catalog(this.#derivation)
  }

  async run(sink: ProviderSink, signal: AbortSignal): Promise<void> {
    const consul = createConsul(this.#consulOptions(), process.env)
    const ending = new AbortController()
    const until = AbortSignal.any([signal, ending.signal])
    try {
      const look = new CatalogLook(this.#api(consul), this.#catalog, this.#derivation, until)
      await followConsul(
        { consul, catalog: this.#catalog, look, sink, signal: until },
        {
          watch: this.#options.watch ?? false,
          refreshMs: durationMs(this.#options.refreshInterval),
          mesh: this.#derivation.connectAware ? this.#options.serviceName : null,
        },
      )
    } catch (error) {
      // Who stops it knows why.
      if (!signal.aborted) throw error
    } finally {
      ending.abort(new Error('the connection has ended'))
      consul.close()
    }
  }

  #consulOptions(): ConsulOptions {
    const { endpoint } = this.#options
    return {
      address: endpoint.address ?? '',
      scheme: endpoint.scheme ?? '',
      datacenter: endpoint.datacenter ?? '',
      token: endpoint.token ?? '',
      tls: endpoint.tls,
      username: endpoint.httpAuth?.username ?? '',
      password: endpoint.httpAuth?.password ?? '',
      waitMs: durationMs(endpoint.endpointWaitTime ?? '0s'),
      namespace: this.name === NAME ? '' : this.name.slice(NAME.length + 1),
    }
  }

  #api(consul: Consul): CatalogApi {
    const { stale, requireConsistent, cache, exposedByDefault, prefix } = this.#options
    const consistency = {
      stale: stale === true ? '' : undefined,
      consistent: requireConsistent === true ? '' : undefined,
      cached: cache === true ? '' : undefined,
    }
    const tag = exposedByDefault ? undefined : `${prefix}.enable=true`
    return {
      services: async (signal) => {
        const answer = await consul.get('/v1/catalog/services', signal, consistency)
        this.#assertRights(answer.headers['x-consul-results-filtered-by-acls'] === 'true')
        return readConsulServices(answer.json())
      },
      instances: async (service, connect, signal) => {
        const path = `/v1/health/${connect ? 'connect' : 'service'}/${encodeURIComponent(service)}`
        const answer = await consul.get(path, signal, { ...consistency, tag })
        return readConsulInstances(service, await elementsOfAnswer(answer))
      },
    }
  }

  /** Services that a token may not see any more look like services that are gone. */
  #assertRights(isFiltered: boolean): void {
    if (isFiltered && this.#isFiltered === false) {
      throw new ProviderRefused('the token may not read all services any more: it needs service:read and node:read')
    }
    this.#isFiltered = isFiltered
  }
}
