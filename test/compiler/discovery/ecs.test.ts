import { describe, expect, it } from 'vitest'
import { labelConstraint } from '../../../src/compiler/discovery/constraints.ts'
import {
  readArns,
  readContainerInstances,
  readInstances,
  readManagedInstances,
  readTaskDefinition,
  readTasks,
} from '../../../src/compiler/discovery/ecs/answers.ts'
import { type EcsDerivation, ecsPart } from '../../../src/compiler/discovery/ecs/part.ts'
import { attributeOf, attributesOf, escapedXml, parseXml, textOf } from '../../../src/compiler/discovery/ecs/xml.ts'
import { ItemSet } from '../../../src/compiler/discovery/item-set.ts'
import { hostRule } from './facts.ts'

const derivation: EcsDerivation = { exposedByDefault: true, constraint: labelConstraint(''), rule: hostRule }

const taskOf = (given: object = {}) =>
  readTasks({
    tasks: [
      {
        ...{ taskArn: 'arn:aws:ecs:r:1:task/default/0123456789ab', taskDefinitionArn: 'd', group: 'service:shop' },
        ...{ lastStatus: 'RUNNING', healthStatus: 'UNKNOWN', containerInstanceArn: 'ci', createdAt: 1_700_000_000.5 },
        containers: [{ name: 'web', networkBindings: [{ containerPort: 80, hostPort: 32768, protocol: 'tcp' }] }],
        ...given,
      },
    ],
  })[0]!

const definitionOf = (dockerLabels: object = {}, more: object = {}) =>
  readTaskDefinition({
    taskDefinition: {
      containerDefinitions: [{ name: 'web', dockerLabels, portMappings: [{ containerPort: 80, hostPort: 80 }] }],
      ...more,
    },
  })

const machine = { address: '10.0.0.7', state: 'running' }

const derive = (
  task = taskOf(),
  definition = definitionOf(),
  on: typeof machine | undefined = machine,
  given = derivation,
) => {
  const set = new ItemSet()
  for (const container of task.containers) set.set(container.name, ecsPart(task, container, definition, on, given))
  return set.derive()
}
const url = ({ config }: ReturnType<typeof derive>, name = 'service-shop-web') =>
  config.http?.services?.[name]?.loadBalancer?.servers?.[0]?.url

describe('a container on a machine', () => {
  it('is reached by the port of the machine', () => {
    const derived = derive()
    expect(url(derived)).toBe('http://10.0.0.7:32768')
    expect(derived.config.http?.routers?.['service-shop-web']).toMatchObject({ rule: 'Host(`service-shop-web`)' })
  })

  it.each([
    ['80', 'http://10.0.0.7:32768'],
    ['9000', 'http://10.0.0.7:9000'],
  ])('a label with port %s: %s', (port, expected) => {
    const labels = { 'traefik.http.services.s.loadbalancer.server.port': port }
    expect(url(derive(taskOf(), definitionOf(labels)), 's')).toBe(expected)
  })

  it('the lowest port counts, and none that can’t be', () => {
    const bindings = [40000, 70000, -1, 33000].map((hostPort) => ({ containerPort: 1, hostPort }))
    const task = taskOf({ containers: [{ name: 'web', networkBindings: bindings }] })
    expect(url(derive(task))).toBe('http://10.0.0.7:33000')
    const none = derive(taskOf({ containers: [{ name: 'web' }] }))
    expect(none.problems[0]?.message).toContain('port is missing')
  })

  it.each([
    ['a machine that stops', taskOf(), { ...machine, state: 'stopping' }],
    ['a machine without an address', taskOf(), { ...machine, address: '' }],
  ])('%s: nothing', (_, task, on) => {
    expect(derive(task, definitionOf(), on)).toMatchObject({ config: { http: {} }, problems: [] })
  })

  it('without its machine it is told', () => {
    const task = taskOf()
    const part = ecsPart(task, task.containers[0]!, definitionOf(), undefined, derivation)
    expect(part.problems).toMatchObject([
      {
        message: 'Unable to find container instance information',
        origin: { item: 'task 0123456789ab, container web' },
      },
    ])
  })

  it('outside of the cloud the task says whether it runs', () => {
    const on = { address: '192.168.1.7', state: null } as unknown as typeof machine
    expect(url(derive(taskOf(), definitionOf(), on))).toBe('http://192.168.1.7:32768')
    expect(url(derive(taskOf({ lastStatus: 'STOPPED' }), definitionOf(), on))).toBeUndefined()
  })
})

describe('a container with a network interface of its own', () => {
  const networked = (address: object, more: object = {}) =>
    taskOf({ attachments: [{}], containers: [{ name: 'web', networkInterfaces: [address] }], ...more })
  const fargate = (labels: object = {}) => definitionOf(labels, { networkMode: 'awsvpc' })

  it.each([
    [{ privateIpv4Address: '10.0.1.9', ipv6Address: 'fd00::9' }, 'http://10.0.1.9:80'],
    [{ ipv6Address: 'fd00::9' }, 'http://[fd00::9]:80'],
  ])('%j: %s', (address, expected) => {
    expect(url(derive(networked(address), fargate()))).toBe(expected)
  })

  it.each([{ healthStatus: 'UNHEALTHY' }, { lastStatus: 'DEPROVISIONING' }])('%j: nothing', (more) => {
    expect(derive(networked({ privateIpv4Address: '10.0.1.9' }, more), fargate()).config.http).toEqual({})
  })

  it('without one it is told', () => {
    const { problems } = derive(taskOf({ attachments: [{}], containers: [{ name: 'web' }] }), fargate())
    expect(problems).toMatchObject([{ message: 'no network interfaces' }])
  })
})

describe('what is used', () => {
  it.each([
    [{ 'traefik.enable': 'false' }, {}],
    [{}, { exposedByDefault: false }],
    [{ a: 'b' }, { constraint: labelConstraint('Label(`a`, `c`)') }],
  ])('%j %j: nothing, and nothing is told', (labels, given) => {
    expect(derive(taskOf(), definitionOf(labels), machine, { ...derivation, ...given })).toMatchObject({
      config: { http: {} },
      problems: [],
    })
  })

  it.each([
    [{ 'traefik.enable': 'perhaps' }, 'label traefik.enable'],
    [{ 'traefik.ecs.x': '1' }, 'label traefik.ecs'],
    [{ 'traefik.http.routers.a.rul': '1' }, 'label traefik.http.routers.a.rul'],
  ])('%j is told with its place', (labels, field) => {
    const { problems } = derive(taskOf(), definitionOf(labels))
    expect(problems[0]).toMatchObject({ severity: 'error' })
    expect(problems[0]!.origin!.field).toContain(field)
  })

  it('a container that the definition does not know has nothing to say', () => {
    const task = taskOf({ containers: [{ name: 'ecs-agent' }] })
    expect(derive(task)).toMatchObject({ config: { http: {} }, problems: [] })
  })
})

describe('answers', () => {
  it('machines in XML, page by page', () => {
    const xml = (state: string) => `<?xml version="1.0"?>
      <DescribeInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><!-- x --><reservationSet><item><groupSet/>
      <instancesSet><item><instanceId>i-1</instanceId><instanceState><code>16</code><name>${state}</name></instanceState>
      <privateIpAddress>10.0.0.7</privateIpAddress></item><item><instanceId>i-2</instanceId><ipv6Address>fd00::2</ipv6Address>
      </item></instancesSet></item></reservationSet><nextToken>a&amp;b</nextToken></DescribeInstancesResponse>`
    const { found, nextToken } = readInstances(parseXml(xml('running')))
    expect([...found]).toEqual([
      ['i-1', { address: '10.0.0.7', state: 'running' }],
      ['i-2', { address: 'fd00::2', state: '' }],
    ])
    expect(nextToken).toBe('a&b')
  })

  it('the others', () => {
    expect(readArns({ taskArns: ['a'], nextToken: 'n' }, 'taskArns')).toEqual({ found: ['a'], nextToken: 'n' })
    const instances = { containerInstances: [{ containerInstanceArn: 'c', ec2InstanceId: 'i' }] }
    expect([...readContainerInstances(instances)]).toEqual([['c', 'i']])
    const managed = readManagedInstances({ InstanceInformationList: [{ InstanceId: 'mi-1', IPAddress: '10.1.1.1' }] })
    expect([...managed.found]).toEqual([['mi-1', { address: '10.1.1.1', state: null }]])
  })

  it.each([
    [() => readTasks({})],
    [() => readTasks({ tasks: [{}] })],
    [() => readTasks('<html>')],
    [() => readTaskDefinition({ taskDefinition: null })],
    [() => readContainerInstances({ containerInstances: {} })],
    [() => readInstances(parseXml('<html/>'))],
    [() => readInstances(null)],
    [() => readManagedInstances([])],
    [() => readArns({ taskArns: [7] }, 'taskArns')],
    [() => readArns({}, 'clusterArns')],
  ])('of another shape are refused: %s', (read) => {
    expect(read).toThrow('the answer holds')
  })
})

describe('XML', () => {
  it.each([
    ['<a><b>1</b><b c="d">&lt;&#65;&#x42;&unknown;</b></a>', '<AB&unknown;'],
    ['<a><b/></a>', ''],
  ])('%s', (source, last) => {
    expect(parseXml(source)?.children.at(-1)?.text).toBe(last)
  })

  it.each([
    '',
    'text',
    '<a>',
    '<a></b>',
    '</a>',
    '<a/><b/>',
    '<a/>rest',
    '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
    '<a><!-- </a>',
    `${'<a>'.repeat(100)}${'</a>'.repeat(100)}`,
  ])('is none: %s', (source) => {
    expect(parseXml(source)).toBeNull()
  })

  it('has attributes, whose texts are written so that they can be read again', () => {
    const text = `a "quoted" & 'strange' <text> é`
    const element = parseXml(`<a b="${escapedXml(text)}" c='1' d = "&lt;" ns:e=""/>`)!
    expect([...attributesOf(element)]).toEqual([
      ['b', text],
      ['c', '1'],
      ['d', '<'],
      ['ns:e', ''],
    ])
    expect(attributeOf(element, 'B')).toBe('')
    expect(parseXml(`<a>${escapedXml(text)}</a>`)?.text).toBe(text)
  })

  it('is read in linear time', () => {
    const began = performance.now()
    for (const piece of ['<', '<!--', '<a ', '&', '<a>']) parseXml(piece.repeat(200_000))
    expect(performance.now() - began).toBeLessThan(2_000)
  })

  it('a path that leads nowhere is empty', () => {
    expect(textOf(parseXml('<a><b/></a>'), 'x', 'y')).toBe('')
  })
})
