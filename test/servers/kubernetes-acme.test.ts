import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { KubernetesStorage } from '../../adapters/node/acme/storage/kubernetes-storage.ts'
import { NO_DATA, type StoredCertificate } from '../../adapters/node/acme/storage/stored-data.ts'
import { runtimeClock } from '../../adapters/web/clock.ts'
import { until } from '../support/until.ts'
import { authority, ends, orders, sharedStorageTests, start } from './support/acme-contract.ts'
import { routersFor } from './support/acme-proxy.ts'
import { ApiServer, type Manifest, manifestsIn } from './support/kubernetes.ts'
import { namespace } from './support/kubernetes-objects.ts'
import { temporaryFolder } from './support/process.ts'

const NAMESPACE = 'shop'
const REPLICA = 'token-of-a-replica'
const WATCHER = 'token-of-one-who-may-too-little'

let api: ApiServer
let number = 0
let name = ''
let where = ''

const kubeconfig = (token: string): string => {
  const file = path.join(temporaryFolder(), 'kubeconfig.json')
  const config = {
    'current-context': 'c',
    contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
    clusters: [{ name: 'c', cluster: { server: api.address, 'certificate-authority': api.certificateFile } }],
    users: [{ name: 'u', user: { token } }],
  }
  writeFileSync(file, JSON.stringify(config))
  return file
}

const secret = (of: string): Pick<Manifest, 'apiVersion' | 'kind' | 'metadata'> => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: of, namespace: NAMESPACE },
})

/** A role of its own, with these rules, for a user. */
async function allow(user: string, rules: readonly object[]): Promise<void> {
  const apiVersion = 'rbac.authorization.k8s.io/v1'
  const metadata = { name: user, namespace: NAMESPACE }
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: user }
  const subjects = [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: user }]
  await api.apply({ apiVersion, kind: 'Role', metadata, rules })
  await api.apply({ apiVersion, kind: 'RoleBinding', metadata, roleRef, subjects })
}

const ruleFor = (...names: readonly string[]) => ({
  apiGroups: [''],
  resources: ['secrets'],
  resourceNames: names,
  verbs: ['get', 'update', 'watch'],
})

const CREATE = { apiGroups: [''], resources: ['secrets'], verbs: ['create'] }

const entriesOf = async (of: string): Promise<Readonly<Record<string, string>>> =>
  (((await api.get(secret(of))) as { data?: unknown }).data ?? {}) as Readonly<Record<string, string>>

beforeAll(async () => {
  api = await ApiServer.create()
  api.setTokens({ [REPLICA]: 'replica', [WATCHER]: 'watcher' })
  await api.start()
  await api.apply(namespace())
}, 150_000)
afterAll(() => api.stop())
beforeEach(async () => {
  name = `acme-${++number}`
  where = `kubernetes://${NAMESPACE}/${name}`
  await allow('replica', [ruleFor(name, `${name}-locks`), CREATE])
  vi.stubEnv('KUBECONFIG', kubeconfig(REPLICA))
})
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
  vi.unstubAllEnvs()
})

describe('a storage that is shared: kubernetes', () =>
  sharedStorageTests(async () => ({
    where,
    secret: REPLICA,
    check: async () => {
      const entries = await entriesOf(name)
      expect(Object.keys(entries).map((entry) => entry.split('.')[0])).toEqual([
        'account',
        'certificate',
        'certificate',
      ])
      const read = Object.values(entries).map((value) =>
        JSON.parse(gunzipSync(Buffer.from(value, 'base64')).toString()),
      )
      expect(read.every(({ resolver }) => resolver === 'le')).toBe(true)
      // Locks and answers are given back.
      expect(
        await until(
          () => entriesOf(`${name}-locks`),
          (left) => Object.keys(left).length === 0,
        ),
      ).toEqual({})
    },
  })))

function open(): KubernetesStorage {
  const storage = new KubernetesStorage(where, {
    env: process.env,
    serviceAccount: '/none',
    clock: runtimeClock,
    log: { log: () => undefined },
  })
  ends.push(() => storage.close())
  return storage
}

const certificate = (main: string, bytes = 100): StoredCertificate => ({
  domain: { main, sans: [] },
  certificate: Buffer.from(Array.from({ length: bytes }, () => Math.random() * 256)).toString('base64'),
  key: 'key',
  store: 'default',
})

const adding = (one: StoredCertificate) => (data: typeof NO_DATA) => ({
  ...data,
  certificates: [...data.certificates, one],
})

describe('what is in it', () => {
  test('what several write at one time is all there', async () => {
    const storages = [open(), open(), open()]
    const names = Array.from({ length: 24 }, (_, i) => `n${i}.test`)
    await Promise.all(names.map((main, i) => storages[i % 3]!.update('le', adding(certificate(main)))))
    const { certificates } = await open().read('le')
    expect(certificates.map(({ domain }) => domain.main).sort()).toEqual([...names].sort())
    expect(await storages[0]!.read('other')).toEqual(NO_DATA)
  })

  test('of a change others hear at once', async () => {
    const [one, other] = [open(), open()]
    let heard = 0
    other.watch(() => heard++)
    await one.update('le', adding(certificate('a.test')))
    await until(
      () => heard,
      (times) => times > 0,
    )
    const before = heard
    const { certificates } = await one.update('le', (data) => ({ ...data, certificates: [] }))
    expect(certificates).toEqual([])
    await until(
      () => heard,
      (times) => times > before,
      2_000,
    )
    expect(await other.read('le')).toEqual(NO_DATA)
  })

  test('one holds a lock at a time', async () => {
    const [one, other] = [open(), open()]
    const locks = await Promise.all([one.lock('x'), other.lock('x'), one.lock('x'), other.lock('x')])
    expect(locks.filter((lock) => lock !== null)).toHaveLength(1)
    expect(await other.lock('y')).not.toBeNull()
    await locks.find((lock) => lock !== null)!.release()
    expect(await other.lock('x')).not.toBeNull()
  })

  test('a full Secret says so, and keeps what it has', async () => {
    const storage = open()
    await storage.update('le', adding(certificate('a.test')))
    await storage.ensureRoom()
    for (let i = 0; i < 2; i++) await storage.update('le', adding(certificate(`large${i}.test`, 518_000)))
    const tooMuch = storage.update('le', adding(certificate('b.test', 100_000)))
    await expect(tooMuch).rejects.toThrow(
      /is full: 3 certificates, 1[01]\d\d KiB, and no Secret holds more than 1024; put more names on one certificate/,
    )
    await storage.read('le')
    await expect(storage.ensureRoom()).rejects.toThrow('is full: 3 certificates')
    // What is there may be replaced.
    await storage.update('le', (data) => ({
      ...data,
      certificates: [certificate('a.test'), ...data.certificates.slice(1)],
    }))
    expect((await open().read('le')).certificates).toHaveLength(3)
  })

  test('what somebody else has put there is left alone, and what is broken is said without its content', async () => {
    const data = { 'tls.crt': 'eA==' }
    await api.apply({ ...secret(name), data })
    const storage = open()
    await storage.update('le', adding(certificate('a.test')))
    expect(await entriesOf(name)).toMatchObject(data)
    const broken = { 'certificate.x': Buffer.from('private words').toString('base64') }
    await api.apply({ ...secret(name), data: { ...data, ...broken } })
    await expect(storage.read('le')).rejects.toThrow(`the entry certificate.x of ${where} is no packed JSON`)
    await api.delete(secret(name))
    expect(await storage.read('le')).toEqual(NO_DATA)
  })
})

describe('rights', () => {
  test('those of the example are enough', async () => {
    const manifests = manifestsIn(path.join(import.meta.dirname, '../../examples/kubernetes/storage.yml'))
    await api.apply(namespace('signalbox'))
    for (const manifest of manifests) {
      const subjects = [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'replica' }]
      await api.apply(manifest.kind === 'RoleBinding' ? { ...manifest, subjects } : manifest)
    }
    where = 'kubernetes://signalbox/acme'
    const [one, other] = [open(), open()]
    let heard = 0
    other.watch(() => heard++)
    await one.update('le', adding(certificate('a.test')))
    await until(
      () => heard,
      (times) => times > 0,
      2_000,
    )
    expect(await (await one.lock('x'))!.release()).toBeUndefined()
  })

  test('one that is missing is named with its rule', async () => {
    vi.stubEnv('KUBECONFIG', kubeconfig(WATCHER))
    const reading = open().read('le')
    await expect(reading).rejects.toThrow('403 Forbidden')
    await expect(reading).rejects.toThrow(
      `add to the rules of the Role in namespace ${NAMESPACE}: {apiGroups: [""], resources: ["secrets"], ` +
        `resourceNames: ["${name}", "${name}-locks"], verbs: ["get", "update", "watch"]}`,
    )
    await expect(reading).rejects.not.toThrow(WATCHER)
  })

  test('who may not make Secrets is told how to make them, and uses those that are there', async () => {
    await allow('replica', [ruleFor(name, `${name}-locks`)])
    const storage = open()
    await expect(storage.update('le', adding(certificate('a.test')))).rejects.toThrow(
      `make it (kubectl -n ${NAMESPACE} create secret generic ${name}), or add to the rules of the Role in namespace ` +
        `${NAMESPACE}: {apiGroups: [""], resources: ["secrets"], verbs: ["create"]}`,
    )
    await api.apply(secret(name) as Manifest)
    await storage.update('le', adding(certificate('a.test')))
    expect((await storage.read('le')).certificates).toHaveLength(1)
  })

  test('without an API server a resolver says so, and nothing else fails', async () => {
    vi.stubEnv('KUBECONFIG', '')
    await expect(open().read('le')).rejects.toThrow('KUBECONFIG names none')
  })

  test.each(['kubernetes://shop', 'kubernetes://Shop/acme', 'kubernetes://shop/acme/x'])('%s is no address', (text) => {
    where = text
    expect(open).toThrow('names no Secret')
  })
})

test('an API server that is away: what there is is served, and what is wanted meanwhile comes afterwards', async () => {
  const { port, faults, flags } = await authority('tls')
  const proxy = await start(['a.test'], flags, where, port)
  const { serialNumber } = await proxy.issued('a.test')
  await api.stopServer('SIGKILL')
  proxy.write(routersFor(['a.test', 'b.test']))
  await until(
    () => JSON.stringify(proxy.logged),
    (text) => text.includes('The storage of certificates is not available'),
    30_000,
  )
  expect((await proxy.certificate('a.test')).serialNumber).toBe(serialNumber)
  await api.startServer()
  await proxy.issued('b.test', 60_000)
  expect(orders(faults)).toBe(2)
  expect(JSON.stringify(proxy.logged)).not.toContain(REPLICA)
}, 150_000)
