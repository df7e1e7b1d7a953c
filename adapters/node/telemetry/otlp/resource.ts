import { readFileSync } from 'node:fs'
import os from 'node:os'
import type { AttributeValue } from '../../../../src/telemetry/otlp/attributes.ts'

const NAMESPACE_FILE = '/var/run/secrets/kubernetes.io/serviceaccount/namespace'

/**
 * What is known of this machine and this process, under OpenTelemetry's names. The arguments of the process are left
 * out: they may hold credentials.
 */
export function detectedResource(
  env: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, AttributeValue>> {
  return {
    ...containerId(),
    'host.name': os.hostname(),
    'os.description': `${distribution()}(${os.type()} ${os.hostname()} ${os.release()} ${os.version()} ${os.machine()})`,
    'os.type': process.platform,
    'process.executable.name': 'signalbox',
    'process.executable.path': process.execPath,
    'process.owner': owner(),
    'process.pid': process.pid,
    'process.runtime.description': `Node.js ${process.version} ${process.platform}/${process.arch}`,
    'process.runtime.name': 'nodejs',
    'process.runtime.version': process.version.slice(1),
    ...kubernetes(env),
  }
}

/** `PRETTY_NAME` of the system, where there is one. */
function distribution(): string {
  const name = /^PRETTY_NAME="?([^"\n]+)/m.exec(textOf('/etc/os-release'))?.[1]
  return name === undefined ? '' : `${name} `
}

/** The control group names the container. */
function containerId(): Readonly<Record<string, string>> {
  const id = /^.*\/(?:.*[-:])?([0-9a-f]+)(?:\.|\s*$)/m.exec(textOf('/proc/self/cgroup'))?.[1]
  return id === undefined ? {} : { 'container.id': id }
}

function owner(): string {
  try {
    return os.userInfo().username
  } catch {
    // A number without a name, in a container.
    return String(process.getuid?.() ?? '')
  }
}

/** Traefik's `K8sAttributesDetector`, as far as the environment and the mounted service account tell: no API is asked. */
function kubernetes(env: Readonly<Record<string, string | undefined>>): Readonly<Record<string, string>> {
  if (env.KUBERNETES_SERVICE_HOST === undefined) return {}
  const namespace = env.POD_NAMESPACE ?? textOf(NAMESPACE_FILE).trim()
  return {
    ...(namespace === '' ? {} : { 'k8s.namespace.name': namespace }),
    'k8s.pod.name': env.POD_NAME ?? os.hostname(),
    ...(env.POD_UID === undefined ? {} : { 'k8s.pod.uid': env.POD_UID }),
  }
}

/** Empty where it can't be read. */
function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
