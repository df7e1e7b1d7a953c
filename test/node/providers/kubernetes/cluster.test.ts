import type { IncomingMessage, ServerResponse } from 'node:http'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { CLUSTER_TIMING, Cluster, type ClusterTiming } from '../../../../adapters/node/providers/kubernetes/cluster.ts'
import type { Collection } from '../../../../adapters/node/providers/kubernetes/collection.ts'
import { CONFIG_MAPS, ENDPOINT_SLICES, SECRETS } from '../../../../adapters/node/providers/kubernetes/resources.ts'
import type { KubernetesObject } from '../../../../src/compiler/discovery/kubernetes/objects.ts'
import { startServer } from '../../../support/node-proxy.ts'
import { until } from '../../../support/until.ts'

const TIMING: ClusterTiming = {
  ...CLUSTER_TIMING,
  retryMs: [20, 50],
  refusedMs: 50,
  graceMs: 100,
  watchSeconds: () => 60,
}

interface Asked {
  readonly path: string
  readonly query: URLSearchParams
  readonly authorization: string | undefined
}

let server: Awaited<ReturnType<typeof startServer>>
let asked: Asked[]
/** What the API server does; tests change it. */
let answer: (asked: Asked, response: ServerResponse, request: IncomingMessage) => void
let leave: () => void
let lost: unknown
beforeEach(async () => {
  asked = []
  lost = null
  leave = () => undefined
  server = await startServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url!, 'http://k.test')
    if (pathname === '/version') return void response.end('{"gitVersion":"v1.36.3"}')
    const one = { path: pathname, query: searchParams, authorization: request.headers.authorization }
    asked.push(one)
    answer(one, response, request)
  })
})
afterEach(async () => {
  leave()
  await server.close()
})

const clusterOf = (timing: Partial<ClusterTiming> = {}): Cluster =>
  new Cluster(
    { kind: 'options', endpoint: server.url, token: 'geheim', certAuthFilePath: '' },
    { env: {}, serviceAccount: '/none' },
    { ...TIMING, ...timing },
  )

interface Followed {
  readonly cluster: Cluster
  readonly collection: Collection
  /** `+name`, `-name`, and `!` for what is urgent. */
  readonly told: string[]
  readonly names: () => string
}

function follow(resource = CONFIG_MAPS, timing: Partial<ClusterTiming> = {}): Followed {
  const cluster = clusterOf(timing)
  const collection = cluster.collection({ resource, namespace: '', labelSelector: '' })
  const told: string[] = []
  const objects = new Map<string, KubernetesObject>()
  collection.listen({
    set(object) {
      told.push(`+${object.metadata.name}`)
      objects.set(object.metadata.name, object)
    },
    delete(object) {
      told.push(`-${object.metadata.name}`)
      objects.delete(object.metadata.name)
    },
    changed: (isUrgent) => void (isUrgent && told.push('!')),
  })
  join(cluster, [collection])
  return { cluster, collection, told, names: () => [...objects.keys()].sort().join() }
}

function join(cluster: Cluster, collections: readonly Collection[]): void {
  leave = cluster.join(collections, (reason) => {
    lost = reason
  }).leave
}

const object = (name: string, version: number | string, more: object = {}) => ({
  metadata: { name, namespace: 'shop', uid: name, resourceVersion: String(version) },
  ...more,
})
const line = (type: string, value: object): string => `${JSON.stringify({ type, object: value })}\n`
const listEnd = (version: number): string =>
  line('BOOKMARK', {
    metadata: { resourceVersion: String(version), annotations: { 'k8s.io/initial-events-end': 'true' } },
  })
const status = (response: ServerResponse, code: number, message = '', headers = {}): ServerResponse =>
  response.writeHead(code, headers).end(JSON.stringify({ kind: 'Status', code, message }))
const isList = ({ query }: Asked): boolean => !query.has('watch')
const isStream = ({ query }: Asked): boolean => query.has('sendInitialEvents')
const watches = () => asked.filter(({ query }) => query.has('watch') && !query.has('sendInitialEvents'))
const equals = (read: () => string, wanted: string) => until(read, (now) => now === wanted)

/** Refuses lists as streams, and gives these objects as a list of version 5; watches stay open. */
const pages =
  (...names: string[]) =>
  (one: Asked, response: ServerResponse): void => {
    if (isStream(one)) return void status(response, 422, 'sendInitialEvents is forbidden')
    if (!isList(one)) return void response.writeHead(200).flushHeaders()
    response.end(JSON.stringify({ metadata: { resourceVersion: '5' }, items: names.map((name) => object(name, 1)) }))
  }

describe('lists', () => {
  test('as a stream, where the changes follow on the same connection', async () => {
    let stream: ServerResponse | null = null
    answer = (_, response) => {
      stream = response
      response.write(line('ADDED', object('a', 1)) + line('ADDED', object('b', 2)))
    }
    const { names, told, collection } = follow()
    await until(
      () => stream,
      (is) => is !== null,
    )
    expect(told).toEqual([])
    stream!.write(listEnd(7))
    await equals(names, 'a,b')
    expect(collection).toMatchObject({ status: 'live', resourceVersion: '7' })
    stream!.write(line('DELETED', object('a', 8)) + line('MODIFIED', object('b', 9)) + line('ADDED', object('c', 10)))
    await equals(names, 'b,c')
    expect(told).toEqual(['+a', '+b', '-a', '+b', '+c'])
    expect(asked).toHaveLength(1)
    expect(Object.fromEntries(asked[0]!.query)).toEqual({
      watch: 'true',
      allowWatchBookmarks: 'true',
      sendInitialEvents: 'true',
      resourceVersionMatch: 'NotOlderThan',
      resourceVersion: '',
      timeoutSeconds: '60',
    })
    expect(asked[0]!.authorization).toBe('Bearer geheim')
  })

  test('in pages, where the server has no streams', async () => {
    answer = (one, response) => {
      if (!isList(one)) return void pages()(one, response)
      const at = Number(one.query.get('continue') ?? 0)
      const metadata = { resourceVersion: '5', ...(at < 2 ? { continue: String(at + 1) } : {}) }
      response.end(JSON.stringify({ metadata, items: [object(`n${at}`, 1)] }))
    }
    const { names } = follow()
    await equals(names, 'n0,n1,n2')
    await until(watches, ({ length }) => length === 1)
    expect(asked.filter(isList).map(({ query }) => query.get('limit'))).toEqual(['500', '500', '500'])
    expect(watches()[0]!.query.get('resourceVersion')).toBe('5')
  })

  test('in pages, where the store can not do it and says so in the stream', async () => {
    answer = (one, response) => {
      if (!isStream(one)) return void pages('a')(one, response)
      response.end(line('ERROR', { code: 500, message: 'RequestWatchProgress is disabled' }))
    }
    const { names, collection } = follow()
    await equals(names, 'a')
    expect(collection.error).toBe('')
  })

  test('that get too old while they are read begin anew', async () => {
    let isTooOld = true
    answer = (one, response) => {
      if (one.query.get('continue') === 'x' && isTooOld) {
        isTooOld = false
        return void status(response, 410, 'The provided continue parameter is too old')
      }
      if (!isList(one) || one.query.has('continue')) return void pages('b')(one, response)
      response.end(JSON.stringify({ metadata: { resourceVersion: '5', continue: 'x' }, items: [object('a', 1)] }))
    }
    await equals(follow().names, 'a,b')
  })

  test('what nobody reads is not kept', async () => {
    answer = (_, response) => {
      const annotations = { 'kubectl.kubernetes.io/last-applied-configuration': 'x'.repeat(1000), kept: 'yes' }
      const metadata = { ...object('a', 1).metadata, managedFields: [{ manager: 'x' }], annotations }
      response.write(line('ADDED', { metadata, data: { k: 'v' } }) + listEnd(1))
    }
    const { collection } = follow()
    await until(
      () => collection.status,
      (now) => now === 'live',
    )
    const found: KubernetesObject[] = []
    collection.listen({ set: (one) => void found.push(one), delete: () => undefined, changed: () => undefined })
    expect(found).toEqual([
      {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        data: { k: 'v' },
        metadata: { name: 'a', namespace: 'shop', uid: 'a', resourceVersion: '1', annotations: { kept: 'yes' } },
      },
    ])
  })
})

describe('watches', () => {
  test('that end in good order go on from the last version, bookmarks included', async () => {
    const versions: (string | null)[] = []
    answer = (one, response) => {
      if (isStream(one) || isList(one)) return void pages('a')(one, response)
      versions.push(one.query.get('resourceVersion'))
      if (versions.length === 1) return void response.end(line('BOOKMARK', { metadata: { resourceVersion: '9' } }))
      if (versions.length === 2) return void response.end(line('ADDED', object('b', 12)))
      response.writeHead(200).flushHeaders()
    }
    await equals(follow().names, 'a,b')
    await until(
      () => versions.join(),
      (now) => now === '5,9,12',
    )
  })

  test.each([
    ['a status', (response: ServerResponse) => void status(response, 410, 'too old resource version')],
    [
      'an event in a 200',
      (response: ServerResponse) => void response.end(line('ERROR', { code: 410, reason: 'Expired' })),
    ],
  ])(
    'a version that is forgotten, as %s: what is listed anew replaces, and nothing is empty in between',
    async (_, expire) => {
      let isFirst = true
      answer = (one, response) => {
        if (!isList(one) && !isStream(one) && isFirst) {
          isFirst = false
          return void expire(response)
        }
        pages(...(isFirst ? ['a', 'b'] : ['b', 'c']))(one, response)
      }
      const { names, told } = follow()
      await equals(names, 'b,c')
      expect(told).toEqual(['+a', '+b', '+c', '-a'])
    },
  )

  test('versions that are forgotten again and again are not a reason to list as fast as possible', async () => {
    const lists: number[] = []
    answer = (one, response) => {
      if (isList(one)) lists.push(performance.now())
      if (!isList(one) && !isStream(one)) return void status(response, 410)
      pages('a')(one, response)
    }
    follow()
    await until(
      () => lists.length,
      (count) => count >= 4,
    )
    expect(lists[3]! - lists[1]!).toBeGreaterThan(1_900)
  })

  test('what did not change is the same object after a list', async () => {
    let isFirst = true
    answer = (one, response) => {
      if (!isList(one) && !isStream(one) && isFirst) {
        isFirst = false
        return void status(response, 410)
      }
      pages('a')(one, response)
    }
    const { told, collection } = follow()
    await until(watches, ({ length }) => length === 2)
    expect(told).toEqual(['+a'])
    expect(collection.size).toBe(1)
  })

  test('garbage is a problem of the kind, and what was known stays', async () => {
    let isGarbage = true
    answer = (one, response) => {
      if (isStream(one) || isList(one) || !isGarbage) return void pages('a')(one, response)
      response.end('<html>Sign in</html>\n')
    }
    const { names, collection, told } = follow()
    await until(
      () => collection.status,
      (now) => now === 'failing',
    )
    expect(collection.error).toBe('the watch holds something else than events')
    isGarbage = false
    await until(
      () => collection.status,
      (now) => now === 'live',
    )
    expect(names()).toBe('a')
    expect(told).toEqual(['+a'])
    expect(lost).toBeNull()
  })

  test('one that goes on without a byte for longer than its time is begun anew', async () => {
    answer = pages('a')
    follow(CONFIG_MAPS, { watchSeconds: () => 0 })
    await until(watches, ({ length }) => length >= 3)
    expect(lost).toBeNull()
  })

  test('one that is cut is begun anew at once', async () => {
    answer = (one, response, request) => {
      pages('a')(one, response)
      if (watches().length === 1 && !isList(one) && !isStream(one)) setTimeout(() => request.socket.destroy(), 20)
    }
    const { collection } = follow()
    await until(watches, ({ length }) => length === 2)
    expect(collection.status).toBe('live')
    expect(lost).toBeNull()
  })

  test('a machine that only says that it is there changes nothing', async () => {
    let stream: ServerResponse | null = null
    answer = (_, response) => {
      stream = response
      response.write(listEnd(1))
    }
    const { told } = follow({ kind: 'Node', group: '', version: 'v1', plural: 'nodes', isNamespaced: false })
    const node = (version: number, address: string) => ({
      ...object('n', version),
      status: { addresses: [{ type: 'InternalIP', address }], images: ['x'], conditions: [{ at: version }] },
    })
    await until(
      () => stream,
      (is) => is !== null,
    )
    stream!.write(line('ADDED', node(2, '10.0.0.1')) + line('MODIFIED', node(3, '10.0.0.1')))
    stream!.write(line('MODIFIED', node(4, '10.0.0.2')))
    await until(
      () => told.length,
      (length) => length >= 2,
    )
    expect(told).toEqual(['+n', '+n'])
  })

  test('an address that goes is urgent', async () => {
    const slice = (version: number, ...addresses: string[]) =>
      object('s', version, { endpoints: addresses.map((address) => ({ addresses: [address] })) })
    const terminating = object('s', 4, { endpoints: [{ addresses: ['a'], conditions: { terminating: true } }] })
    answer = (_, response) =>
      void response.write(
        listEnd(1) +
          line('ADDED', slice(2, 'a', 'b')) +
          line('MODIFIED', slice(3, 'a')) +
          line('MODIFIED', terminating) +
          line('MODIFIED', slice(5, 'a', 'c')) +
          line('DELETED', slice(5, 'a', 'c')),
      )
    const { told } = follow(ENDPOINT_SLICES)
    await until(
      () => told.length,
      (length) => length >= 8,
    )
    expect(told).toEqual(['+s', '+s', '!', '+s', '!', '+s', '-s', '!'])
  })
})

describe('refusals', () => {
  test('one kind that may not be read takes no other with it, and heals when it may', async () => {
    let isForbidden = true
    answer = (one, response) => {
      if (one.path === '/api/v1/secrets' && isForbidden) return void status(response, 403, 'secrets is forbidden')
      pages('a')(one, response)
    }
    const cluster = clusterOf()
    const maps = cluster.collection({ resource: CONFIG_MAPS, namespace: '', labelSelector: '' })
    const secrets = cluster.collection({ resource: SECRETS, namespace: '', labelSelector: '' })
    join(cluster, [maps, secrets])
    await until(
      () => `${maps.status} ${secrets.status}`,
      (now) => now === 'live forbidden',
    )
    expect(secrets.error).toContain('secrets is forbidden')
    isForbidden = false
    await until(
      () => `${maps.status} ${secrets.status}`,
      (now) => now === 'live live',
    )
    expect(secrets.error).toBe('')
  })

  test('what may no longer be read stays', async () => {
    let isForbidden = false
    answer = (one, response) => {
      if (isForbidden) return void status(response, 403, 'no')
      if (isList(one) || isStream(one)) return void pages('a')(one, response)
      isForbidden = true
      response.end()
    }
    const { collection, names } = follow()
    await until(
      () => collection.status,
      (now) => now === 'forbidden',
    )
    expect(names()).toBe('a')
  })

  test('a kind that the server does not know', async () => {
    answer = (_, response) => void response.writeHead(404).end('404 page not found\n')
    const { collection } = follow({ ...CONFIG_MAPS, group: 'traefik.io' })
    await until(
      () => collection.status,
      (now) => now === 'absent',
    )
  })

  test('a server that wants to be left alone is', async () => {
    const times: number[] = []
    answer = (one, response) => {
      times.push(performance.now())
      if (times.length === 1) return void status(response, 429, 'slow down', { 'Retry-After': '1' })
      pages('a')(one, response)
    }
    const { names } = follow()
    await equals(names, 'a')
    expect(times[1]! - times[0]!).toBeGreaterThan(950)
  })

  test('a token that is never taken loses the cluster', async () => {
    answer = (_, response) => void status(response, 401, 'Unauthorized geheim')
    follow()
    await until(
      () => lost,
      (reason) => reason !== null,
    )
    expect((lost as Error).message).toMatch(/401 Unauthorized: Unauthorized \*{6}$/)
    expect(asked).toHaveLength(2)
  })

  test('a server that says nothing is lost, and what was known is followed from there when it is back', async () => {
    answer = pages('a')
    const { collection, names, cluster } = follow(CONFIG_MAPS, { pulseMs: 20 })
    await equals(names, 'a')
    await until(watches, ({ length }) => length === 1)
    await server.close()
    await until(
      () => lost,
      (reason) => reason !== null,
    )
    expect(names()).toBe('a')
    expect(collection.resourceVersion).toBe('5')
    expect(() => leave()).not.toThrow()
    const lists = asked.filter(isList).length
    lost = null
    join(cluster, [collection])
    await until(
      () => lost,
      (reason) => reason !== null,
    )
    expect(asked.filter(isList)).toHaveLength(lists)
  })
})

test('two who read the same have one watch', async () => {
  answer = pages('a')
  const { cluster, collection } = follow()
  const first = leave
  join(cluster, [cluster.collection({ resource: CONFIG_MAPS, namespace: '', labelSelector: '' })])
  await until(watches, ({ length }) => length === 1)
  first()
  expect(collection.status).toBe('live')
  expect(asked).toHaveLength(3)
})
