import { expect, test } from 'vitest'
import type { ClusterApi } from '../../../../adapters/node/providers/kubernetes/cluster-api.ts'
import { GATEWAY_KINDS, INGRESSES } from '../../../../adapters/node/providers/kubernetes/resources.ts'
import { StatusWriter, type WritePace } from '../../../../adapters/node/providers/kubernetes/status-writer.ts'
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
  reads = 0
  readonly api = {
    get: async () => {
      this.reads++
      return { json: () => this.object }
    },
    put: async (_: string, __: AbortSignal, object: KubernetesObject) => {
      this.object = object
      this.written.push(object.status)
    },
  } as unknown as ClusterApi
}

async function writing(
  act: (store: Store, writer: StatusWriter) => Promise<void>,
  pace: WritePace | null = null,
): Promise<void> {
  const store = new Store()
  const writer = new StatusWriter([INGRESSES, ...GATEWAY_KINDS], () => undefined, pace)
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

const gateway = (name: string): KubernetesObject =>
  ({
    ...{ apiVersion: 'gateway.networking.k8s.io/v1', kind: 'Gateway' },
    ...{ metadata: { name, namespace: 'shop', resourceVersion: '7' }, spec: { x: 1 } },
  }) as KubernetesObject

test('an object of a definition is not read before its status is written', () =>
  writing(async (store, writer) => {
    writer.want([{ object: gateway('edge'), status: { of: 'ours' } }])
    await until(
      () => store.written.length,
      (count) => count === 1,
    )
    expect(store.reads).toBe(0)
    expect(store.object).toEqual({ ...gateway('edge'), status: { of: 'ours' } })
    writer.want([
      { object: store.object, status: { of: 'other' } },
      { object: ingress({}), status: { of: 'ours' } },
    ])
    await until(
      () => store.written.length,
      (count) => count === 3,
    )
    expect(store.reads).toBe(1)
  }))

test('conditions get the time of their change where they are written', () =>
  writing(async (store, writer) => {
    const began = Math.floor(Date.now() / 1000) * 1000
    const accepted = (status: string) => ({ type: 'Accepted', status, reason: 'R', message: '' })
    writer.want([{ object: gateway('edge'), status: { conditions: [accepted('True')] } }])
    await until(
      () => store.written.length,
      (count) => count === 1,
    )
    const { conditions } = store.written[0] as { conditions: { lastTransitionTime: string }[] }
    expect(conditions).toEqual([
      { ...accepted('True'), lastTransitionTime: expect.stringMatching(/^[-\d]{10}T[:\d]{8}Z$/) },
    ])
    expect(Date.parse(conditions[0]!.lastTransitionTime)).toBeGreaterThanOrEqual(began)
    // It is as it should be: nothing is written again.
    writer.want([{ object: store.object, status: { conditions: [accepted('True')] } }])
    writer.want([
      { object: store.object, status: { conditions: [accepted('True')] } },
      { object: gateway('other'), status: { of: 'ours' } },
    ])
    await until(
      () => store.written.length,
      (count) => count === 2,
    )
    expect(store.written[1]).toEqual({ of: 'ours' })
  }))

test('it is no faster than it may be', () =>
  writing(
    async (store, writer) => {
      const began = performance.now()
      writer.want(Array.from({ length: 6 }, (_, at) => ({ object: gateway(`g${at}`), status: { at } })))
      await until(
        () => store.written.length,
        (count) => count === 6,
        20_000,
      )
      // Two at once, the others 100 ms apart.
      expect(performance.now() - began).toBeGreaterThan(380)
    },
    { perSecond: 10, burst: 2 },
  ))
