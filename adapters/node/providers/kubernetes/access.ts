import { readFileSync } from 'node:fs'
import path from 'node:path'
import { type ClusterAccess, withScheme } from './cluster-access.ts'
import { type Credentials, NO_CREDENTIALS, tokenCredentials, tokenFileCredentials } from './credentials.ts'
import { readKubeconfig } from './kubeconfig.ts'

/** Options that every provider of Kubernetes has. */
export interface AccessOptions {
  readonly endpoint?: string | undefined
  /** The token, or the path of a file that holds it. */
  readonly token?: string | undefined
  readonly certAuthFilePath?: string | undefined
}

export interface AccessEnvironment {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Where Kubernetes puts the credentials of a Pod. */
  readonly serviceAccount: string
}

/** What this process runs in. */
export const processEnvironment = (): AccessEnvironment => ({
  env: process.env,
  serviceAccount: '/var/run/secrets/kubernetes.io/serviceaccount',
})

/** Where the credentials come from (Traefik `pkg/provider/kubernetes/crd/kubernetes.go`, `newK8sClient`). */
export type AccessSource =
  | { readonly kind: 'in-cluster'; readonly endpoint: string }
  | { readonly kind: 'kubeconfig'; readonly files: string }
  | { readonly kind: 'options'; readonly endpoint: string; readonly token: string; readonly certAuthFilePath: string }

/**
 * Inside a cluster what Kubernetes gives every Pod, else the file that `KUBECONFIG` names, else the options.
 * @throws Error where none of them names an API server
 */
export function accessSource(options: AccessOptions, { env }: AccessEnvironment): AccessSource {
  const { endpoint = '', token = '', certAuthFilePath = '' } = options
  const { KUBERNETES_SERVICE_HOST: host = '', KUBERNETES_SERVICE_PORT: port = '', KUBECONFIG: files = '' } = env
  if (host !== '' && port !== '') {
    const ownEndpoint = `https://${host.includes(':') ? `[${host}]` : host}:${port}`
    return { kind: 'in-cluster', endpoint: endpoint === '' ? ownEndpoint : endpoint }
  }
  if (files !== '') return { kind: 'kubeconfig', files }
  if (endpoint === '') throw new Error('endpoint missing for external cluster client')
  return { kind: 'options', endpoint, token, certAuthFilePath }
}

/** Reads it, at every connect. @throws Error that names the file or the option, without any of its content */
export function readAccess(source: AccessSource, { env, serviceAccount }: AccessEnvironment): ClusterAccess {
  switch (source.kind) {
    case 'in-cluster':
      return {
        endpoint: withScheme(source.endpoint, true),
        tls: { ca: path.join(serviceAccount, 'ca.crt') },
        headers: {},
        credentials: tokenFileCredentials(path.join(serviceAccount, 'token')),
      }
    case 'kubeconfig':
      return readKubeconfig(source.files.split(path.delimiter), env)
    case 'options':
      return {
        endpoint: withScheme(source.endpoint, source.certAuthFilePath !== ''),
        tls: source.certAuthFilePath === '' ? {} : { ca: certificateFile(source.certAuthFilePath) },
        headers: {},
        credentials: tokenOption(source.token),
      }
  }
}

function tokenOption(token: string): Credentials {
  if (token === '') return NO_CREDENTIALS
  return isFile(token) ? tokenFileCredentials(token) : tokenCredentials(token)
}

function certificateFile(file: string): string {
  try {
    readFileSync(file)
    return file
  } catch (error) {
    throw new Error(`failed to read CA file ${file}: ${(error as NodeJS.ErrnoException).code}`)
  }
}

function isFile(text: string): boolean {
  try {
    readFileSync(text)
    return true
  } catch {
    // The text is the token itself.
    return false
  }
}
