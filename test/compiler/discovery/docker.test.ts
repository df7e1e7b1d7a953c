import { describe, expect, it, test } from 'vitest'
import { labelConstraint } from '../../../src/compiler/discovery/constraints.ts'
import { readContainer } from '../../../src/compiler/discovery/docker/container.ts'
import { dockerOwnLabels } from '../../../src/compiler/discovery/docker/own-labels.ts'
import { type DockerDerivation, dockerPart } from '../../../src/compiler/discovery/docker/part.ts'
import { ItemSet } from '../../../src/compiler/discovery/item-set.ts'
import { decodeLabels } from '../../../src/compiler/discovery/labels.ts'
import { mismatches } from '../expectation.ts'
import { facts, hostRule } from './facts.ts'

interface FactContainer {
  readonly name: string
  readonly id: string
  readonly status?: string
  readonly health?: string
  readonly ports?: readonly string[]
  readonly bindings?: Readonly<Record<string, readonly { ip: string; port: string }[]>>
  readonly networks?: Readonly<Record<string, string>>
  readonly labels?: Readonly<Record<string, string>>
}

interface Fact {
  readonly name: string
  readonly labels?: Readonly<Record<string, string>>
  readonly container?: FactContainer
  readonly containers?: readonly FactContainer[]
  readonly provider?: {
    exposedByDefault?: boolean
    constraints?: string
    network?: string
    useBindPortIP?: boolean
    defaultRule?: string
  }
  readonly expect: unknown
}

const inspected = (container: FactContainer, labels: Fact['labels'] = container.labels ?? {}) =>
  readContainer({
    Id: container.id,
    Name: container.name,
    Created: '2026-11-29T10:00:00.123456789Z',
    State: {
      Status: container.status ?? 'running',
      ...(container.health ? { Health: { Status: container.health } } : {}),
    },
    Config: { Labels: labels },
    HostConfig: { NetworkMode: 'bridge' },
    NetworkSettings: {
      Ports: Object.fromEntries(
        (container.ports ?? []).map((port) => [
          port,
          (container.bindings?.[port] ?? []).map(({ ip, port: p }) => ({ HostIp: ip, HostPort: p })),
        ]),
      ),
      Networks: Object.fromEntries(
        Object.entries(container.networks ?? {}).map(([name, address]) => [
          name,
          address.includes(':') ? { IPAddress: '', GlobalIPv6Address: address } : { IPAddress: address },
        ]),
      ),
    },
  })!

const derivation = (provider: Fact['provider'] = {}): DockerDerivation => ({
  exposedByDefault: provider.exposedByDefault ?? true,
  constraint: labelConstraint(provider.constraints ?? ''),
  allowEmptyServices: false,
  network: provider.network ?? '',
  useBindPortIP: provider.useBindPortIP ?? false,
  rule: hostRule,
  hostAddress: '127.0.0.1',
  ownNetworks: new Set(),
  publishedAt: '',
})

describe('facts of labels', () => {
  const all = facts<Fact>('labels')
  it.each(
    all.filter(({ container, containers }) => !container && !containers).map((fact) => [fact.name, fact] as const),
  )('%s', (_, fact) => {
    const { value, problems } = decodeLabels(fact.labels ?? {})
    const error = (fact.expect as { error?: string }).error
    if (error === undefined) {
      expect(problems.filter(({ severity }) => severity === 'error')).toEqual([])
      expect(mismatches(fact.expect, withoutInputs(value), true)).toEqual([])
    } else {
      expect(value).toBeNull()
      expect(problems.map(({ message, path }) => `${message} ${path.join('.')}`).join('\n')).toMatch(
        new RegExp(error, 'i'),
      )
    }
  })

  it.each(all.filter(({ container, containers }) => container ?? containers).map((fact) => [fact.name, fact] as const))(
    '%s',
    (_, fact) => {
      const set = new ItemSet()
      for (const container of fact.containers ?? [fact.container!]) {
        const options = derivation(fact.provider)
        if (fact.provider?.defaultRule?.includes('index')) {
          Object.assign(options, {
            rule: { render: ({ Labels }: { Labels: Record<string, string> }) => `Host(\`${Labels.dns}\`)` },
          })
        } else if (fact.provider?.defaultRule) {
          Object.assign(options, { rule: { render: ({ Name }: { Name: string }) => `Host(\`${Name}.lan.test\`)` } })
        }
        const part = dockerPart(
          inspected(container, fact.labels ?? container.labels),
          'container',
          options,
          dockerOwnLabels,
          null,
        )
        set.set(container.id, part)
      }
      expect(mismatches(fact.expect, withoutInputs(set.derive().config), true)).toEqual([])
    },
  )
})

test('while a container does not run, a URL of its labels is its server, without what stands beside it', () => {
  const labels = {
    'traefik.docker.allownonrunning': 'true',
    'traefik.http.services.s.loadbalancer.server.url': 'https://10.9.8.7',
    'traefik.http.services.s.loadbalancer.server.port': '80',
  }
  const container = inspected({ name: 'shop', id: '1', status: 'exited', networks: { web: '10.0.0.1' } }, labels)
  const part = dockerPart(container, 'container', derivation(), dockerOwnLabels, null)
  expect(part.config?.http?.services?.s?.loadBalancer?.servers).toEqual([{ url: 'https://10.9.8.7' }])
})

/** What Traefik's API does not show: ports and schemes of servers that became addresses, the mark of default rules. */
const withoutInputs = (config: unknown): unknown =>
  JSON.parse(
    JSON.stringify(config, (key, value) => {
      if (key === 'servers')
        return (value as Record<string, unknown>[]).map(({ port: _, scheme: __, ...server }) => server)
      return key === 'defaultRule' ? undefined : value
    }),
  )
