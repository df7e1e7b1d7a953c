import { generateKeyPairSync } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import https from 'node:https'
import os from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { loadAll } from 'js-yaml'
import { freePort } from '../../support/free-port.ts'
import { until } from '../../support/until.ts'
import { ServerProcess, temporaryFolder } from './process.ts'

/** Where programs that are built here are. */
export const CACHE = path.join(process.env.XDG_CACHE_HOME ?? path.join(os.homedir(), '.cache'), 'signalbox')
const VERSION = '1.36.3'
const ETCD = path.join(CACHE, 'etcd-3.6.16')

const CONTROLLERS = [
  ...['deployment-controller', 'replicaset-controller', 'endpointslice-controller'],
  ...['namespace-controller', 'garbage-collector-controller'],
].join()

/** A user who may do everything. */
export const ADMIN = 'token-of-the-administrator'

/** A manifest as JSON. */
export interface Manifest {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: {
    readonly name: string
    readonly namespace?: string
    readonly labels?: Readonly<Record<string, string>>
    readonly annotations?: Readonly<Record<string, string>>
  }
  readonly [key: string]: unknown
}

/** Paths of kinds that tests write, by kind; the definitions that are installed come to them. */
const PLURALS: Record<string, string> = {
  Namespace: 'namespaces',
  Node: 'nodes',
  IngressClass: 'ingressclasses',
  ClusterRole: 'clusterroles',
  ClusterRoleBinding: 'clusterrolebindings',
  CustomResourceDefinition: 'customresourcedefinitions',
}
const NAMESPACED: Record<string, string> = {
  Service: 'services',
  ServiceAccount: 'serviceaccounts',
  Deployment: 'deployments',
  Pod: 'pods',
  EndpointSlice: 'endpointslices',
  Secret: 'secrets',
  ConfigMap: 'configmaps',
  Ingress: 'ingresses',
  Role: 'roles',
  RoleBinding: 'rolebindings',
}

export interface ApiServerOptions {
  /** The program of its store; by default one that streams lists. */
  readonly etcd?: string
  readonly args?: readonly string[]
  /** The address that it listens on. */
  readonly host?: string
}

/** An API server of Kubernetes with a store of its own; there are no machines and no controllers. */
export class ApiServer {
  readonly host: string
  readonly port: number
  readonly etcdPort: number
  readonly #folder: string
  readonly #etcd: ServerProcess
  readonly #server: ServerProcess
  readonly #ofCluster: Record<string, string> = { ...PLURALS }
  readonly #plurals: Record<string, string> = { ...NAMESPACED }

  private constructor(port: number, etcdPort: number, peerPort: number, options: ApiServerOptions) {
    const { etcd = ETCD, args = [], host = '127.0.0.1' } = options
    const folder = temporaryFolder()
    this.#folder = folder
    this.host = host
    this.port = port
    this.etcdPort = etcdPort
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    writeFileSync(path.join(folder, 'sa.key'), privateKey.export({ type: 'pkcs8', format: 'pem' }))
    writeFileSync(path.join(folder, 'sa.pub'), publicKey.export({ type: 'spki', format: 'pem' }))
    this.setTokens({})
    const client = `http://127.0.0.1:${etcdPort}`
    const peer = `http://127.0.0.1:${peerPort}`
    this.#etcd = new ServerProcess({
      program: etcd,
      args: [
        ...['--data-dir', path.join(folder, 'etcd'), '--listen-client-urls', client, '--advertise-client-urls', client],
        ...['--listen-peer-urls', peer, '--initial-advertise-peer-urls', peer, '--initial-cluster', `default=${peer}`],
        '--unsafe-no-fsync',
      ],
      isReady: async () => (await fetch(`${client}/health`)).ok,
    })
    const file = (name: string): string => path.join(folder, name)
    this.#server = new ServerProcess({
      program: path.join(CACHE, `kube-apiserver-${VERSION}`),
      args: [
        ...[`--etcd-servers=${client}`, `--bind-address=${host}`, `--secure-port=${port}`],
        ...[`--cert-dir=${file('certs')}`, `--token-auth-file=${file('tokens.csv')}`, '--authorization-mode=RBAC'],
        ...[`--service-account-key-file=${file('sa.pub')}`, `--service-account-signing-key-file=${file('sa.key')}`],
        ...['--service-account-issuer=https://kubernetes.default.svc', '--service-cluster-ip-range=10.96.0.0/16'],
        ...['--disable-admission-plugins=ServiceAccount', '--endpoint-reconciler-type=none'],
        ...[`--advertise-address=${host}`, '--shutdown-delay-duration=0s', '--watch-cache=true'],
        ...args,
      ],
      isReady: async () => (await this.request('GET', '/readyz')).status === 200,
      limitMs: 90_000,
    })
  }

  static async create(options: ApiServerOptions = {}): Promise<ApiServer> {
    return new ApiServer(await freePort(), await freePort(), await freePort(), options)
  }

  /** Tokens are read at the start. @param users by token: name, groups */
  setTokens(users: Readonly<Record<string, string>>): void {
    const lines = [`${ADMIN},admin,admin,system:masters`]
    for (const [token, user] of Object.entries(users)) lines.push(`${token},${user},${user}`)
    writeFileSync(path.join(this.#folder, 'tokens.csv'), `${lines.join('\n')}\n`)
  }

  get address(): string {
    return `https://${this.host}:${this.port}`
  }

  get certificateFile(): string {
    return path.join(this.#folder, 'certs/apiserver.crt')
  }

  /** Of its own, in PEM. */
  get keyPair(): { readonly cert: Buffer; readonly key: Buffer } {
    return { cert: this.certificate, key: readFileSync(path.join(this.#folder, 'certs/apiserver.key')) }
  }

  get certificate(): Buffer {
    return readFileSync(this.certificateFile)
  }

  /** Options of a provider that reads it. @param endpoint the way to it */
  flags(provider: string, token = ADMIN, endpoint = this.address): readonly string[] {
    const option = (name: string, value: string): string => `--providers.${provider}.${name}=${value}`
    return [
      option('endpoint', endpoint),
      option('token', token),
      ...(endpoint.startsWith('https:') ? [option('certAuthFilePath', this.certificateFile)] : []),
    ]
  }

  async start(): Promise<void> {
    await this.#etcd.start()
    await this.#server.start()
    await until(
      () => this.request('GET', '/api/v1/namespaces/default'),
      ({ status }) => status === 200,
      30_000,
    )
  }

  async stop(): Promise<void> {
    await this.#server.stop('SIGKILL')
    await this.#etcd.stop('SIGKILL')
  }

  /** A file with which clients are the administrator. */
  writeKubeconfig(): string {
    const kubeconfig = path.join(this.#folder, 'admin')
    const config = {
      'current-context': 'admin',
      contexts: [{ name: 'admin', context: { cluster: 'own', user: 'admin' } }],
      clusters: [{ name: 'own', cluster: { server: this.address, 'certificate-authority': this.certificateFile } }],
      users: [{ name: 'admin', user: { token: ADMIN } }],
    }
    writeFileSync(kubeconfig, JSON.stringify(config))
    return kubeconfig
  }

  /** Deployments get Pods, and services the addresses of Pods, as in a cluster. @returns how to stop it */
  async startControllers(): Promise<() => Promise<void>> {
    const kubeconfig = this.writeKubeconfig()
    const controllers = new ServerProcess({
      program: path.join(CACHE, `kube-controller-manager-${VERSION}`),
      args: [
        ...[`--kubeconfig=${kubeconfig}`, '--leader-elect=false', '--secure-port=0'],
        `--controllers=${CONTROLLERS}`,
      ],
      // It says nothing; who waits for what it does sees it.
      isReady: async () => true,
    })
    await controllers.start()
    return () => controllers.stop('SIGKILL')
  }

  /** The API server alone; what it stores stays. */
  async stopServer(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    await this.#server.stop(signal)
  }

  async startServer(): Promise<void> {
    await this.#server.start()
  }

  stall(): void {
    this.#server.stall()
  }

  goOn(): void {
    this.#server.goOn()
  }

  /** The store forgets everything before its newest revision. */
  async compact(): Promise<void> {
    const ask = async (where: string, message: object) =>
      (await (
        await fetch(`http://127.0.0.1:${this.etcdPort}/v3/${where}`, { method: 'POST', body: JSON.stringify(message) })
      ).json()) as { header: { revision: string } }
    const { header } = await ask('kv/range', { key: btoa('x') })
    await ask('kv/compaction', { revision: header.revision, physical: true })
  }

  /** Makes an object be as the manifest says. */
  async apply(manifest: Manifest): Promise<void> {
    const { status, text } = await this.request(
      'PATCH',
      `${this.pathOf(manifest)}?fieldManager=test&force=true`,
      JSON.stringify(manifest),
      'application/apply-patch+yaml',
    )
    if (status >= 300) throw new Error(`${manifest.kind} ${manifest.metadata.name}: ${status} ${text}`)
  }

  async delete(manifest: Pick<Manifest, 'kind' | 'apiVersion' | 'metadata'>): Promise<void> {
    const { status, text } = await this.request('DELETE', this.pathOf(manifest))
    if (status >= 300 && status !== 404) throw new Error(`${status} ${text}`)
  }

  async get(manifest: Pick<Manifest, 'kind' | 'apiVersion' | 'metadata'>): Promise<Manifest> {
    return JSON.parse((await this.request('GET', this.pathOf(manifest))).text) as Manifest
  }

  /** Installs definitions and waits until their kinds are served. */
  async install(definitions: readonly Manifest[]): Promise<void> {
    for (const definition of definitions) {
      await this.apply(definition)
      this.know(definition)
    }
    for (const definition of definitions) {
      const { group, names, versions } = definition.spec as Definition
      await until(
        () => this.request('GET', `/apis/${group}/${versions.find(({ served }) => served)!.name}/${names.plural}`),
        ({ status }) => status === 200,
        20_000,
      )
    }
  }

  /** A token of a service account. */
  async tokenOf(namespace: string, account: string): Promise<string> {
    const where = `/api/v1/namespaces/${namespace}/serviceaccounts/${account}/token`
    const request = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} }
    const { status, text } = await this.request('POST', where, JSON.stringify(request))
    if (status >= 300) throw new Error(text)
    return (JSON.parse(text) as { status: { token: string } }).status.token
  }

  /** Kinds of definitions that are installed, for paths. */
  know(definition: Manifest): void {
    const { names, scope } = definition.spec as Definition
    const known = scope === 'Cluster' ? this.#ofCluster : this.#plurals
    known[names.kind] = names.plural
  }

  pathOf({ apiVersion, kind, metadata }: Pick<Manifest, 'kind' | 'apiVersion' | 'metadata'>): string {
    const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`
    const ofCluster = this.#ofCluster[kind]
    if (ofCluster !== undefined) return `${root}/${ofCluster}/${metadata.name}`
    const plural = this.#plurals[kind]
    if (plural === undefined) throw new Error(`no path is known for ${kind}`)
    return `${root}/namespaces/${metadata.namespace ?? 'default'}/${plural}/${metadata.name}`
  }

  /** What happens to objects after a list. @param where a path with a query @param on called with each event */
  watch<T>(where: string, on: (type: string, object: T) => void): { readonly ended: Promise<void>; stop(): void } {
    const headers = { authorization: `Bearer ${ADMIN}` }
    const request = https.get(`${this.address}${where}&watch=true`, {
      headers,
      rejectUnauthorized: false,
      agent: false,
    })
    const ended = new Promise<void>((resolve) => {
      request.once('response', (response) => {
        const lines = createInterface(response)
        lines.on('line', (line) => {
          const { type, object } = JSON.parse(line) as { type: string; object: T }
          if (type !== 'ERROR') on(type, object)
        })
        // It tells of the end once more.
        lines.once('error', () => undefined)
      })
      request.once('error', () => resolve())
      request.once('close', () => resolve())
    })
    return { ended, stop: () => void request.destroy() }
  }

  request(
    method: string,
    where: string,
    body?: string,
    type = 'application/json',
  ): Promise<{ readonly status: number; readonly text: string }> {
    return new Promise((resolve, reject) => {
      // Node gives a DELETE no length by itself.
      const ofBody = body === undefined ? {} : { 'content-type': type, 'content-length': Buffer.byteLength(body) }
      const headers = { authorization: `Bearer ${ADMIN}`, ...ofBody }
      const options = { method, headers, rejectUnauthorized: false, agent: AGENT }
      const request = https.request(`${this.address}${where}`, options, (response) => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', (chunk: string) => {
          text += chunk
        })
        response.once('end', () => resolve({ status: response.statusCode ?? 0, text }))
        response.once('error', reject)
      })
      request.once('error', reject)
      request.end(body)
    })
  }
}

const AGENT = new https.Agent({ keepAlive: true, maxSockets: 8 })

interface Definition {
  readonly group: string
  readonly scope: string
  readonly names: { readonly kind: string; readonly plural: string }
  readonly versions: readonly { readonly name: string; readonly served: boolean }[]
}

/** Manifests of a YAML file with several documents. */
export function manifestsIn(file: string): readonly Manifest[] {
  return loadAll(readFileSync(file, 'utf8')).filter((document) => document !== null) as Manifest[]
}
