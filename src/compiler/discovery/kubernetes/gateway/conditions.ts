import type { KubernetesObject } from '../objects.ts'

/** One statement about an object, as its status holds it; the time of its last change is put in where it is written. */
export interface Condition {
  readonly type: string
  readonly status: 'True' | 'False'
  readonly reason: string
  readonly message: string
  readonly observedGeneration?: number
}

/** A condition that holds, or does not, and why. */
export interface Verdict {
  readonly isTrue: boolean
  readonly reason: string
  readonly message: string
}

/** Name of this controller: GatewayClasses that name it are ours. */
export const CONTROLLER = 'traefik.io/gateway-controller'

/** The API server takes no longer ones. */
const LONGEST_MESSAGE = 1024

export const condition = (
  { metadata: { generation } }: KubernetesObject,
  type: string,
  { isTrue, reason, message }: Verdict,
): Condition => ({
  type,
  status: isTrue ? 'True' : 'False',
  reason,
  message: message.length > LONGEST_MESSAGE ? `${message.slice(0, LONGEST_MESSAGE - 1)}…` : message,
  ...(generation === undefined ? {} : { observedGeneration: generation }),
})

export const holds = (reason: string, message = ''): Verdict => ({ isTrue: true, reason, message })

export const fails = (reason: string, message: string): Verdict => ({ isTrue: false, reason, message })
