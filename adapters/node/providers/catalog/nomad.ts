import { setTimeout as sleep } from 'node:timers/promises'
import type { CatalogInstance } from '../../../../src/compiler/discovery/catalog/instance.ts'
import {
  readNomadEvents,
  readNomadInstances,
  readNomadJob,
  readNomadJobs,
  readNomadServices,
} from '../../../../src/compiler/discovery/catalog/nomad.ts'
import { nomadTags } from '../../../../src/compiler/discovery/catalog/own-tags.ts'
import type { CatalogDerivation } from '../../../../src/compiler/discovery/catalog/part.ts'
import { tagConstraint } from '../../../../src/compiler/discovery/constraints.ts'
import { compileRuleTemplate } from '../../../../src/compiler/discovery/default-rule.ts'
import { durationMs } from '../../../../src/schema/duration.ts'
import { nodeTemplatePorts } from '../../templates.ts'
import type { Provider, ProviderSink } from '../provider.ts'
import type { CreateProvider, ProviderOptions } from '../registry.ts'
import { Catalog } from './catalog.ts'
import { elementsOfAnswer } from './elements.ts'
import { type CatalogApi, CatalogLook } from './look.ts'
import { createNomad, type Nomad } from './nomad-client.ts'
import { PendingServices } from './pending.ts'

type Options = ProviderOptions<'nomad'>

const NAME = 'nomad'

/** Services that are registered in a Nomad. */
export const createNomadProvider: CreateProvider<Options> = (name, options) => new NomadProvider(name, options)

class NomadProvider implements Provider {
  readonly name: string
  readonly #options: Options
  readonly #derivation: CatalogDerivation
  readonly #catalog: Catalog

  /** @throws Error where the options can't work */
  constructor(name: string, options: Options) {
    if (name === `${NAME}-*`) throw new Error('wildcard namespace not supported')
    const throttleMs = durationMs(options.throttleDuration ?? '0s')
    if (throttleMs > 0 && options.watch !== true) {
      throw new Error('throttle duration should not be used with polling mode')
    }
    this.name = name
    this.#options = options
    this.#derivation = {
      dialect: nomadTags,
      prefix: options.prefix,
      exposedByDefault: options.exposedByDefault,
      constraint: tagConstraint(options.constraints ?? ''),
      rule: compileRuleTemplate(options.defaultRule, nodeTemplatePorts()),
      strictChecks: null,
      allowEmptyServices: options.allowEmptyServices ?? false,
      connectAware: false,
      connectByDefault: false,
    }
    this.#catalog = new Catalog(this.#derivation)
  }

  async run(sink: ProviderSink, signal: AbortSignal): Promise<void> {
    const { endpoint, watch = false } = this.#options
    const nomad = createNomad(
      {
        address: endpoint.address,
        region: endpoint.region ?? '',
        token: endpoint.token ?? '',
        tls: endpoint.tls,
        namespace: this.name === NAME ? '' : this.name.slice(NAME.length + 1),
      },
      process.env,
    )
    const ending = new AbortController()
    const until = AbortSignal.any([signal, ending.signal])
    try {
      const look = new CatalogLook(this.#api(nomad), this.#catalog, this.#derivation, until)
      const first = async (): Promise<void> => {
        await look.all()
        sink.connected(nomad.client.peer)
        this.#emit(sink)
      }
      const follow = watch
        ? this.#watch(nomad, look, first, sink, until)
        : first().then(() => this.#poll(look, sink, until))
      await Promise.race([nomad.pulse(until), follow])
    } catch (error) {
      // Who stops it knows why.
      if (!signal.aborted) throw error
    } finally {
      ending.abort(new Error('the connection has ended'))
      nomad.close()
    }
  }

  async #poll(look: CatalogLook, sink: ProviderSink, signal: AbortSignal): Promise<never> {
    for (;;) {
      await sleep(durationMs(this.#options.refreshInterval), undefined, { signal })
      if (await look.all()) this.#emit(sink)
    }
  }

  /** Events are read first: what happens while everything is looked at is not lost. */
  async #watch(
    nomad: Nomad,
    look: CatalogLook,
    first: () => Promise<void>,
    sink: ProviderSink,
    signal: AbortSignal,
  ): Promise<never> {
    const pending = new PendingServices(signal)
    const throttleMs = durationMs(this.#options.throttleDuration ?? '0s')
    let open: () => void = () => undefined
    const isOpen = new Promise<void>((resolve) => {
      open = resolve
    })
    const events = this.#events(nomad, pending, signal, open)
    await Promise.race([isOpen, events])
    await Promise.race([first(), events])
    const work = async (): Promise<never> => {
      for (;;) {
        const names = await pending.next(look.failed)
        if (await (names === 'all' ? look.all() : look.listed([...names]))) this.#emit(sink)
        if (throttleMs > 0) await sleep(throttleMs, undefined, { signal })
      }
    }
    return Promise.race([events, work()])
  }

  async #events(nomad: Nomad, pending: PendingServices, signal: AbortSignal, open: () => void): Promise<never> {
    for await (const line of nomad.events(signal, open)) {
      const names = readNomadEvents(line)
      if (names === null) pending.add('all')
      else if (names.size > 0) pending.add(this.#derivation.allowEmptyServices ? 'all' : names)
    }
    throw new Error('the stream of events has ended')
  }

  #api(nomad: Nomad): CatalogApi {
    const stale = this.#options.stale === true ? '' : undefined
    const { exposedByDefault, prefix } = this.#options
    const filter = exposedByDefault ? undefined : `Tags contains ${JSON.stringify(`${prefix}.enable=true`)}`
    const instances = async (service: string, signal: AbortSignal): Promise<readonly CatalogInstance[]> => {
      const answer = await nomad.get(`/v1/service/${encodeURIComponent(service)}`, signal, { stale, filter })
      return readNomadInstances(await elementsOfAnswer(answer))
    }
    if (!this.#derivation.allowEmptyServices) {
      return {
        services: async (signal) => readNomadServices((await nomad.get('/v1/services', signal, { stale })).json()),
        instances: (service, _, signal) => instances(service, signal),
      }
    }
    /** Of services that are scaled to zero, by name. */
    let empty = new Map<string, CatalogInstance[]>()
    return {
      services: async (signal) => {
        const found = new Map<string, CatalogInstance[]>()
        const services = new Map<string, readonly string[]>()
        for (const id of readNomadJobs((await nomad.get('/v1/jobs', signal, { stale })).json())) {
          const answer = await nomad.get(`/v1/job/${encodeURIComponent(id)}`, signal)
          for (const service of readNomadJob(answer.json())) {
            services.set(service.name, service.tags)
            if (service.empty !== null) found.set(service.name, [...(found.get(service.name) ?? []), service.empty])
          }
        }
        empty = found
        return services
      },
      instances: async (service, _, signal) => [
        ...(empty.get(service) ?? []),
        ...(empty.has(service) ? [] : await instances(service, signal)),
      ],
    }
  }

  #emit(sink: ProviderSink): void {
    sink.emit(() => this.#catalog.derive())
  }
}
