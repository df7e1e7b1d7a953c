import type { KubernetesObject } from '../objects.ts'
import type { KnativeOptions } from './options.ts'

type Place = NonNullable<KnativeOptions['publicService']>

const CONDITIONS = ['LoadBalancerReady', 'NetworkConfigured', 'Ready'].map((type) => ({ type, status: 'True' }))

/** What the status of an Ingress that is read should be (Traefik `updateKnativeIngressStatus`). */
export const wantedStatus = (
  { metadata: { generation } }: KubernetesObject,
  { publicService, privateService }: KnativeOptions,
): Readonly<Record<string, unknown>> => ({
  conditions: CONDITIONS,
  ...(generation === undefined ? {} : { observedGeneration: generation }),
  publicLoadBalancer: balancerAt(publicService),
  privateLoadBalancer: balancerAt(privateService),
})

const balancerAt = ({ name = '', namespace = '' }: Place = {}) =>
  name === '' || namespace === '' ? {} : { ingress: [{ domainInternal: `${name}.${namespace}.svc.cluster.local` }] }
