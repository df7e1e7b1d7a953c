import { definitionsOfGateways } from '../../support/gateway-api.ts'
import { GATEWAY_RULES, gateway, gatewayClass, httpRoute } from '../../support/kubernetes-objects.ts'
import { kubernetesWorld } from './kubernetes.mjs'

export const createWorld = () =>
  kubernetesWorld({
    provider: 'kubernetesGateway',
    route: (name) => httpRoute(name),
    rules: GATEWAY_RULES,
    resource: 'httproutes',
    definitions: definitionsOfGateways('standard'),
    manifests: [gatewayClass(), gateway('edge')],
    more: ['--entryPoints.web.address=:80'],
  })
