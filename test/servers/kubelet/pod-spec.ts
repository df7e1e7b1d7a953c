import type { Manifest } from '../support/kubernetes.ts'

/** What we read of Pods. */
export interface Pod extends Manifest {
  readonly metadata: Manifest['metadata'] & {
    readonly uid: string
    readonly namespace: string
    readonly deletionTimestamp?: string
    readonly deletionGracePeriodSeconds?: number
  }
  readonly spec: PodSpec
  readonly status: { readonly podIP?: string; readonly phase?: string }
}

export interface PodSpec {
  readonly serviceAccountName?: string
  readonly containers: readonly Container[]
  readonly volumes?: readonly Volume[]
}

export interface Container {
  readonly name: string
  readonly image: string
  readonly command?: readonly string[]
  readonly args?: readonly string[]
  readonly env?: readonly Variable[]
  readonly ports?: readonly { readonly name?: string; readonly containerPort: number }[]
  readonly readinessProbe?: Probe
  readonly lifecycle?: { readonly preStop?: { readonly sleep?: { readonly seconds: number } } }
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string }[]
}

interface Variable {
  readonly name: string
  readonly value?: string
  readonly valueFrom?: { readonly fieldRef?: { readonly fieldPath: string } }
}

export interface Probe {
  readonly httpGet?: { readonly path?: string; readonly port: number | string }
  readonly tcpSocket?: { readonly port: number | string }
  readonly periodSeconds?: number
}

interface Items {
  readonly items?: readonly { readonly key: string; readonly path: string }[]
}

export interface Volume {
  readonly name: string
  readonly secret?: Items & { readonly secretName: string }
  readonly configMap?: Items & { readonly name: string }
  readonly emptyDir?: object
}

/** The variables of a container, those about its Pod too. */
export function environmentOf({ env = [] }: Container, pod: Pod, address: string): Record<string, string> {
  const fields: Record<string, string | undefined> = {
    'metadata.name': pod.metadata.name,
    'metadata.namespace': pod.metadata.namespace,
    'metadata.uid': pod.metadata.uid,
    'spec.serviceAccountName': pod.spec.serviceAccountName,
    'status.podIP': address,
  }
  const variables: Record<string, string> = {}
  for (const { name, value = '', valueFrom } of env) {
    const field = valueFrom?.fieldRef?.fieldPath
    if (valueFrom !== undefined && (field === undefined || fields[field] === undefined))
      throw new Error(`the variable ${name} comes from what is not known here: ${JSON.stringify(valueFrom)}`)
    variables[name] = field === undefined ? value : fields[field]!
  }
  return variables
}

/** A port that is a name is one of the container's. */
export function portOf(container: Container, port: number | string): number {
  if (typeof port === 'number') return port
  const named = container.ports?.find(({ name }) => name === port)
  if (named === undefined) throw new Error(`the container ${container.name} has no port ${port}`)
  return named.containerPort
}
