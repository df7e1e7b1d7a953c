import { readFileSync } from 'node:fs'
import path from 'node:path'
import { parseYaml } from '../../../../src/compiler/decode/yaml.ts'
import { elementsOf, fieldsOf, type Json, text } from '../../../../src/compiler/discovery/answer.ts'
import type { ClientTls } from '../api-client/client-tls.ts'
import { type ClusterAccess, withScheme } from './cluster-access.ts'
import {
  type Credentials,
  NO_CREDENTIALS,
  passwordCredentials,
  tokenCredentials,
  tokenFileCredentials,
} from './credentials.ts'
import { ExecCredentials } from './exec-credentials.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** An entry of a list of a kubeconfig, and the folder that its paths start in. */
interface Entry {
  readonly fields: Json
  readonly folder: string
}

/** Several files as one: what stands in the first one counts (client-go `clientcmd`). */
interface Kubeconfig {
  readonly files: string
  readonly currentContext: string
  readonly contexts: ReadonlyMap<string, Entry>
  readonly clusters: ReadonlyMap<string, Entry>
  readonly users: ReadonlyMap<string, Entry>
}

/**
 * The access that the current context of kubeconfig files names; of several files those that are not there are left
 * out. @throws Error that names file and entry, and shows no secret
 */
export function readKubeconfig(files: readonly string[], env: Environment): ClusterAccess {
  const config = merged(files.filter((file) => file !== ''))
  if (config.currentContext === '') throw new Error(`${config.files}: no current-context is set`)
  const context = entryOf(config, 'contexts', 'context', config.currentContext)
  const clusterName = text(context.fields.cluster)
  const userName = text(context.fields.user)
  const cluster = entryOf(config, 'clusters', 'cluster', clusterName)
  const user: Entry = userName === '' ? { fields: {}, folder: '' } : entryOf(config, 'users', 'user', userName)
  const endpoint = text(cluster.fields.server)
  if (endpoint === '') throw new Error(`${config.files}: cluster "${clusterName}" names no server`)
  const proxyUrl = text(cluster.fields['proxy-url'])
  const credentials = credentialsOf(user, cluster, `${config.files}: user "${userName}"`, env)
  const tls = tlsOf(cluster, user, credentials)
  const hasTls = tls.insecureSkipVerify === true || [tls.ca, tls.cert].some((text = '') => text !== '')
  return {
    endpoint: withScheme(endpoint, hasTls),
    tls,
    headers: impersonation(user.fields),
    proxyUrl: proxyUrl === '' ? undefined : proxyUrl,
    credentials,
  }
}

function merged(files: readonly string[]): Kubeconfig {
  const name = files.join(path.delimiter)
  const lists = {
    contexts: new Map<string, Entry>(),
    clusters: new Map<string, Entry>(),
    users: new Map<string, Entry>(),
  }
  let currentContext = ''
  for (const file of files) {
    const content = readFile(file, files.length > 1)
    if (content === null) continue
    const folder = path.dirname(path.resolve(file))
    if (currentContext === '') currentContext = text(content['current-context'])
    for (const [list, kind] of LISTS) {
      for (const element of elementsOf(content[list]).map(fieldsOf)) {
        const key = text(element.name)
        if (!lists[list].has(key)) lists[list].set(key, { fields: fieldsOf(element[kind]), folder })
      }
    }
  }
  return { files: name, currentContext, ...lists }
}

const LISTS = [
  ['contexts', 'context'],
  ['clusters', 'cluster'],
  ['users', 'user'],
] as const

function readFile(file: string, mayBeAbsent: boolean): Json | null {
  let content: string
  try {
    content = readFileSync(file, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (mayBeAbsent && code === 'ENOENT') return null
    throw new Error(`the kubeconfig ${file} can't be read: ${code}`)
  }
  try {
    return fieldsOf(parseYaml(content).value)
  } catch (error) {
    throw new Error(`the kubeconfig ${file} can't be read: ${(error as Error).message}`)
  }
}

function entryOf(config: Kubeconfig, list: 'contexts' | 'clusters' | 'users', kind: string, name: string): Entry {
  const entry = config[list].get(name)
  if (entry === undefined) throw new Error(`${config.files}: ${kind} "${name}" does not exist`)
  return entry
}

/** A file, or what stands in the kubeconfig itself, which counts over it. */
function fileOrData({ fields, folder }: Entry, name: string): string {
  const data = text(fields[`${name}-data`])
  if (data !== '') return Buffer.from(data, 'base64').toString('utf8')
  const file = text(fields[name])
  return file === '' ? '' : path.resolve(folder, file)
}

const isTrue = (value: unknown): boolean => value === true

/** What a plug-in gives is looked for at every connect: it changes. */
function tlsOf(cluster: Entry, user: Entry, credentials: Credentials): ClientTls {
  const serverName = text(cluster.fields['tls-server-name'])
  const exec = credentials instanceof ExecCredentials ? credentials : null
  return {
    ca: fileOrData(cluster, 'certificate-authority'),
    insecureSkipVerify: isTrue(cluster.fields['insecure-skip-tls-verify']),
    ...(serverName === '' ? {} : { serverName }),
    get cert() {
      return exec?.certificate?.cert ?? fileOrData(user, 'client-certificate')
    },
    get key() {
      return exec?.certificate?.key ?? fileOrData(user, 'client-key')
    },
  }
}

function credentialsOf({ fields, folder }: Entry, cluster: Entry, place: string, env: Environment): Credentials {
  const token = text(fields.token)
  const tokenFile = text(fields.tokenFile)
  const username = text(fields.username)
  if (tokenFile !== '') return tokenFileCredentials(path.resolve(folder, tokenFile))
  if (token !== '') return tokenCredentials(token)
  if (username !== '') return passwordCredentials(username, text(fields.password))
  if (fields.exec !== undefined && fields.exec !== null) {
    return new ExecCredentials(fieldsOf(fields.exec), clusterInfo(cluster), folder, place, env)
  }
  if (fields['auth-provider'] !== undefined) {
    throw new Error(`${place}: auth-provider is no longer part of Kubernetes; use an exec plug-in`)
  }
  return NO_CREDENTIALS
}

/** What a plug-in is told of the cluster where it wants to know (client.authentication.k8s.io/v1 `Cluster`). */
function clusterInfo({ fields, folder }: Entry): Json {
  const ca = text(fields['certificate-authority-data'])
  const caFile = text(fields['certificate-authority'])
  return {
    server: fields.server,
    ...(text(fields['tls-server-name']) === '' ? {} : { 'tls-server-name': fields['tls-server-name'] }),
    ...(isTrue(fields['insecure-skip-tls-verify']) ? { 'insecure-skip-tls-verify': true } : {}),
    ...(ca !== '' ? { 'certificate-authority-data': ca } : {}),
    ...(ca === '' && caFile !== ''
      ? { 'certificate-authority-data': readFileSync(path.resolve(folder, caFile)).toString('base64') }
      : {}),
    ...(text(fields['proxy-url']) === '' ? {} : { 'proxy-url': fields['proxy-url'] }),
  }
}

/** Acting as somebody else, who must be one only: lists of groups need a field each. */
function impersonation(fields: Json): Record<string, string> {
  const user = text(fields.as)
  if (user === '') return {}
  const uid = text(fields['as-uid'])
  if (elementsOf(fields['as-groups']).length > 0) throw new Error('as-groups of a kubeconfig is not supported')
  return { 'impersonate-user': user, ...(uid === '' ? {} : { 'impersonate-uid': uid }) }
}
