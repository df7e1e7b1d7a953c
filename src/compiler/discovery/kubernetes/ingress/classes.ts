import type { KubernetesObject } from '../objects.ts'
import type { ObjectScope } from '../scope.ts'
import type { IngressOptions } from './options.ts'

const CONTROLLER = 'traefik.io/ingress-controller'
const ANNOTATION = 'kubernetes.io/ingress.class'
const DEFAULT_CLASS = 'traefik'

/** Whether an Ingress is meant for this proxy (Traefik `shouldProcessIngress`). */
export function isOfClass(
  { spec, metadata }: KubernetesObject,
  { world, findings }: ObjectScope,
  options: IngressOptions,
): boolean {
  const { ingressClass = '' } = options
  const name = (spec as { ingressClassName?: unknown } | undefined)?.ingressClassName
  if (typeof name !== 'string') {
    const annotation = metadata.annotations?.[ANNOTATION] ?? ''
    return annotation === ingressClass || (ingressClass === '' && annotation === DEFAULT_CLASS)
  }
  const field = 'spec.ingressClassName'
  if (options.disableIngressClassLookup === true || options.disableClusterScopeResources === true) {
    if (name === (ingressClass || DEFAULT_CLASS)) {
      const hint = `leave it out and write the annotation ${ANNOTATION}: ${name}`
      findings.warn(field, 'the Ingress is ignored: the provider may not look at IngressClasses', hint)
    }
    return false
  }
  const found = world.get('IngressClass', '', name)
  if (found === null) {
    const hint = { kind: 'IngressClass', namespace: '', name }
    findings.warn(field, `IngressClass ${name} does not exist: the Ingress is ignored`, hint)
    return false
  }
  return found.spec?.controller === CONTROLLER && (ingressClass === '' || name === ingressClass)
}
