import { expect, test } from 'vitest'
import type { ClusterApi } from '../../../../adapters/node/providers/kubernetes/cluster-api.ts'
import { INGRESSES } from '../../../../adapters/node/providers/kubernetes/resources.ts'
import { StatusWriter } from '../../../../adapters/node/providers/kubernetes/status-writer.ts'
import type { KubernetesObject } from '../../../../src/compiler/discovery/kubernetes/objects.ts'
import { until } from '../../../support/until.ts'

const ingress = (status: object, uid = 'the first of its name'): KubernetesObject =>
  ({
    ...{ apiVersion: 'networking.k8s.io/v1', kind: 'Ingress' },
    ...{ metadata: { name: 'page', namespace: 'shop', uid }, status },
  }) as KubernetesObject

/** An API server that holds one object. */
class Store {
  object: KubernetesObject = ingress({})
  readonly written: unknown[] = []
  readonly api = {
    get: async () => ({ json: () => this.object }),
    put: async (_: string, __: AbortSignal, object: KubernetesObject) => {
      this.object = object
      this.written.push(object.status)
    },
  } as unknown as ClusterApi
}

async function writing(act: (store: Store, writer: StatusWriter) => Promise<void>): Promise<void> {
  const store = new Store()
  const writer = new StatusWriter([INGRESSES], () => undefined)
  const life = new AbortController()
  const ended = writer.follow({ api: store.api, signal: life.signal }).catch(() => undefined)
  try {
    await act(store, writer)
  } finally {
    life.abort(new Error('over'))
    await ended
  }
}

test('what is wanted anew is written at once, however often', () =>
  writing(async (store, writer) => {
    const began = performance.now()
    for (let at = 1; at <= 8; at++) {
      writer.want([{ object: store.object, status: { at } }])
      await until(
        () => store.written.length,
        (count) => count === at,
        20_000,
      )
    }
    expect(store.written).toEqual(Array.from({ length: 8 }, (_, at) => ({ at: at + 1 })))
    // With a pause after each but the first it were two minutes.
    expect(performance.now() - began).toBeLessThan(15_000)
  }))

test('where somebody else writes another one, it waits before it writes the same again', () =>
  writing(async (store, writer) => {
    writer.want([{ object: store.object, status: { of: 'ours' } }])
    await until(
      () => store.written.length,
      (count) => count === 1,
    )
    const began = performance.now()
    store.object = ingress({ of: 'theirs' })
    writer.want([{ object: store.object, status: { of: 'ours' } }])
    await until(
      () => store.written.length,
      (count) => count === 2,
    )
    expect(performance.now() - began).toBeGreaterThan(900)
  }))

test('an object of the same name that was made anew is another one', () =>
  writing(async (store, writer) => {
    const began = performance.now()
    for (let at = 1; at <= 8; at++) {
      store.object = ingress({}, `number ${at} of its name`)
      writer.want([{ object: store.object, status: { of: 'ours' } }])
      await until(
        () => store.written.length,
        (count) => count === at,
        20_000,
      )
    }
    // With a pause after each but the first it were two minutes.
    expect(performance.now() - began).toBeLessThan(15_000)
  }))
