import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import http, { type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createEcsProvider } from '../../../../adapters/node/providers/ecs/provider.ts'
import { ProviderRefused } from '../../../../adapters/node/providers/provider.ts'
import { type ProviderRun, runProvider, testContext } from '../../../support/provider-run.ts'
import { until } from '../../../support/until.ts'

type Content = Readonly<Record<string, unknown>>
type Act = (content: Content, response: ServerResponse) => object | string | null

interface Seen {
  readonly action: string
  readonly content: Content
  readonly headers: IncomingMessage['headers']
}

/** All APIs of Amazon on one port, and whatever a machine or a container asks. */
let server: http.Server
let url: string
let seen: Seen[]
/** By action; a text is sent as it is, null: the act has answered itself. */
let acts: Record<string, Act>
/** By path, for everything that is no API. */
let files: Record<string, string>
let dir: string
let run: ProviderRun | null = null
const environment = { ...process.env }

beforeEach(async () => {
  seen = []
  files = {}
  dir = mkdtempSync(path.join(os.tmpdir(), 'signalbox-ecs-'))
  acts = {
    ListTasks: () => ({ taskArns: ['task/000000000001'] }),
    DescribeTasks: ({ tasks }) => ({ tasks: (tasks as string[]).map((arn) => task(arn)) }),
    DescribeTaskDefinition: () => definition(),
    DescribeContainerInstances: () => ({ containerInstances: [] }),
  }
  server = http.createServer(answer)
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) delete process.env[name]
  Object.assign(process.env, { AWS_ENDPOINT_URL: url, HOME: dir, AWS_EC2_METADATA_DISABLED: 'true' })
})

afterEach(async () => {
  await run?.stop()
  run = null
  process.env = { ...environment }
  rmSync(dir, { recursive: true, force: true })
  server.closeAllConnections()
  await new Promise((closed) => server.close(closed))
})

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  let text = ''
  for await (const chunk of request) text += String(chunk)
  const { headers, method } = request
  if (method !== 'POST') {
    const file = files[`${method} ${request.url}`]
    seen.push({ action: `${method} ${request.url}`, content: {}, headers })
    response.writeHead(file === undefined ? 404 : 200).end(file)
    return
  }
  const target = String(headers['x-amz-target'] ?? '')
  const content = target === '' ? Object.fromEntries(new URLSearchParams(text)) : (JSON.parse(text) as Content)
  const action = target === '' ? String(content.Action) : target.replace(/^.*\./, '')
  seen.push({ action, content, headers })
  const result = acts[action]?.(content, response) ?? null
  if (result !== null) response.end(typeof result === 'string' ? result : JSON.stringify(result))
}

const task = (arn: string, more: object = {}) => ({
  ...{
    taskArn: arn,
    taskDefinitionArn: 'definition:1',
    group: 'service:shop',
    lastStatus: 'RUNNING',
    attachments: [{}],
  },
  containers: [{ name: 'web', networkInterfaces: [{ privateIpv4Address: `10.0.0.${Number(arn.slice(-3)) % 250}` }] }],
  ...more,
})

const definition = (labels: object = {}) => ({
  taskDefinition: {
    networkMode: 'awsvpc',
    containerDefinitions: [{ name: 'web', dockerLabels: labels, portMappings: [{ containerPort: 80, hostPort: 80 }] }],
  },
})

const fault =
  (status: number, type: string, message = ''): Act =>
  (_, response) => {
    response.writeHead(status).end(JSON.stringify({ __type: `com.amazonaws#${type}`, message }))
    return null
  }

const reset = (socket: Socket): null => {
  socket.resetAndDestroy()
  return null
}

const OPTIONS = {
  ...{
    exposedByDefault: true,
    refreshSeconds: 0.05,
    defaultRule: 'Host(`{{ normalize .Name }}`)',
    clusters: ['default'],
  },
  ...{ region: 'eu-west-1', accessKeyID: 'KEY', secretAccessKey: 'geheim' },
}

function start(options: object = {}): ProviderRun {
  run = runProvider(createEcsProvider('ecs', { ...OPTIONS, ...options }, testContext()))
  return run
}

const servers = (config: ProviderRun['config']): readonly string[] =>
  Object.values(config.http?.services ?? {}).flatMap(({ loadBalancer }) =>
    (loadBalancer?.servers ?? []).map((one) => one.url ?? ''),
  )

const inForce = (count: number) =>
  until(
    () => servers(run!.config).length,
    (found) => found === count,
  )

const lost = () =>
  until(
    () => run!.lost?.message,
    (message) => message !== undefined,
  )

const asked = (action: string) => seen.filter((one) => one.action === action)

const polls = async (more: number) => {
  const from = asked('ListTasks').length
  await until(
    () => asked('ListTasks').length,
    (count) => count >= from + more,
  )
}

describe('calls', () => {
  test('are signed for their service and region, and nothing but these is sent', async () => {
    start()
    await inForce(1)
    expect(servers(run!.config)).toEqual(['http://10.0.0.1:80'])
    expect(run!.peers[0]).toBe(url)
    for (const { headers } of seen) {
      expect(headers.authorization).toMatch(
        /^AWS4-HMAC-SHA256 Credential=KEY\/\d{8}\/eu-west-1\/ecs\/aws4_request, SignedHeaders=[^ ]*host[^ ]*, Signature=[0-9a-f]{64}$/,
      )
    }
    expect(new Set(seen.map(({ action }) => action))).toEqual(
      new Set(['ListTasks', 'DescribeTasks', 'DescribeTaskDefinition']),
    )
  })

  test('go page by page and in chunks of a hundred', async () => {
    const arns = Array.from({ length: 250 }, (_, at) => `task/${String(at).padStart(12, '0')}`)
    acts.ListTasks = ({ nextToken = '0' }) => {
      const from = Number(nextToken)
      return {
        taskArns: arns.slice(from, from + 60),
        ...(from + 60 < arns.length ? { nextToken: String(from + 60) } : {}),
      }
    }
    start()
    await inForce(250)
    expect(
      asked('DescribeTasks')
        .slice(0, 3)
        .map(({ content }) => (content.tasks as unknown[]).length)
        // They are asked side by side, and may arrive in any order.
        .sort((a, b) => b - a),
    ).toEqual([100, 100, 50])
  })

  test('a definition is asked for once, however many tasks have it, and again when it is another', async () => {
    acts.ListTasks = () => ({ taskArns: ['task/000000000001', 'task/000000000002'] })
    start()
    await inForce(2)
    await polls(3)
    expect(asked('DescribeTaskDefinition')).toHaveLength(1)
    expect(run!.count).toBe(1)
    acts.DescribeTasks = ({ tasks }) => ({
      tasks: (tasks as string[]).map((arn) => task(arn, { taskDefinitionArn: 'definition:2' })),
    })
    acts.DescribeTaskDefinition = () => definition({ 'traefik.http.routers.b.rule': 'Path(`/b`)' })
    await until(
      () => Object.keys(run!.config.http?.routers ?? {}).join(),
      (names) => names === 'b',
    )
    expect(asked('DescribeTaskDefinition')).toHaveLength(2)
  })

  test('machines of the cloud and those outside', async () => {
    acts.ListTasks = () => ({ taskArns: ['task/000000000001', 'task/000000000002'] })
    acts.DescribeTasks = () => ({
      tasks: ['1', '2'].map((at) =>
        task(`task/00000000000${at}`, {
          ...{ attachments: [], containerInstanceArn: `ci${at}`, group: `service:s${at}` },
          containers: [{ name: 'web', networkBindings: [{ containerPort: 80, hostPort: 32768 }] }],
        }),
      ),
    })
    acts.DescribeTaskDefinition = () => ({ taskDefinition: { ...definition().taskDefinition, networkMode: 'bridge' } })
    acts.DescribeContainerInstances = () => ({
      containerInstances: [
        { containerInstanceArn: 'ci1', ec2InstanceId: 'i-1' },
        { containerInstanceArn: 'ci2', ec2InstanceId: 'mi-2' },
      ],
    })
    acts.DescribeInstances = ({ 'InstanceId.1': id }) =>
      `<DescribeInstancesResponse><reservationSet><item><instancesSet><item><instanceId>${id}</instanceId><instanceState><name>running</name></instanceState><privateIpAddress>10.1.0.1</privateIpAddress></item></instancesSet></item></reservationSet></DescribeInstancesResponse>`
    acts.DescribeInstanceInformation = () => ({
      InstanceInformationList: [{ InstanceId: 'mi-2', IPAddress: '192.168.0.2' }],
    })
    start({ ecsAnywhere: true })
    await inForce(2)
    expect([...servers(run!.config)].sort()).toEqual(['http://10.1.0.1:32768', 'http://192.168.0.2:32768'])
    expect(asked('DescribeInstances')[0]!.content).toMatchObject({ 'InstanceId.1': 'i-1' })
    expect(asked('DescribeInstances')[0]!.headers.authorization).toContain('/ec2/aws4_request')
    expect(asked('DescribeInstanceInformation')[0]!.content).toEqual({
      Filters: [{ Key: 'InstanceIds', Values: ['mi-2'] }],
    })
  })

  test('all clusters, and healthy tasks only', async () => {
    acts.ListClusters = () => ({ clusterArns: ['a', 'b'] })
    acts.ListTasks = ({ cluster }) => ({ taskArns: [`task/00000000000${cluster === 'a' ? 1 : 2}`] })
    acts.DescribeTasks = ({ cluster, tasks }) => ({
      tasks: (tasks as string[]).map((arn) => task(arn, { healthStatus: cluster === 'a' ? 'HEALTHY' : 'UNKNOWN' })),
    })
    start({ autoDiscoverClusters: true, healthyTasksOnly: true })
    await inForce(1)
    expect(servers(run!.config)).toEqual(['http://10.0.0.1:80'])
  })
})

describe('faults', () => {
  test.each([
    ['throttled', fault(400, 'ThrottlingException', 'Rate exceeded')],
    ['503', fault(503, 'ServiceUnavailable')],
    ['429', fault(429, 'TooManyRequestsException')],
  ])('%s: that call waits, the others don’t', async (_, act) => {
    let times = 0
    const usual = acts.DescribeTasks!
    acts.DescribeTasks = (content, response) => (++times <= 2 ? act(content, response) : usual(content, response))
    start({ refreshSeconds: 3600 })
    await inForce(1)
    expect(asked('ListTasks')).toHaveLength(1)
    expect(asked('DescribeTasks')).toHaveLength(3)
    expect(run!.lost).toBeNull()
  })

  test.each<[string, string, Act, RegExp]>([
    [
      'a cluster that is gone',
      'ListTasks',
      fault(400, 'ClusterNotFoundException', 'Cluster not found.'),
      /ListTasks at .*: 400 ClusterNotFoundException: Cluster not found/,
    ],
    ['a page of HTML', 'ListTasks', () => '<html>geheim</html>', /ListTasks: the answer is no JSON/],
    ['an empty object', 'ListTasks', () => ({}), /the answer holds something else/],
    ['half a document', 'DescribeTasks', () => '{"tasks":[', /no JSON/],
    ['another shape', 'DescribeTasks', () => ({ tasks: [{}] }), /a task without a name/],
    ['a reset', 'ListTasks', (_, { socket }) => reset(socket!), /closed|hang up/],
    ['endless pages', 'ListTasks', () => ({ taskArns: [], nextToken: 'x' }), /no last page/],
  ])('%s takes nothing away', async (_, action, act, message) => {
    start()
    await inForce(1)
    const usual = acts[action]!
    acts[action] = act
    expect(await lost()).toMatch(message)
    expect(run!.lost).not.toBeInstanceOf(ProviderRefused)
    expect(JSON.stringify(run!.lost!.message)).not.toContain('geheim')
    expect(servers(run!.config)).toHaveLength(1)
    acts[action] = usual
    run!.again()
    await polls(2)
    expect(run!.lost).toBeNull()
    expect(servers(run!.config)).toHaveLength(1)
  })

  test.each([
    ['AccessDeniedException', 400],
    ['UnrecognizedClientException', 400],
    ['ExpiredTokenException', 400],
    ['', 403],
  ])('%s %s is a refusal', async (type, status) => {
    acts.ListTasks = fault(status, type, 'no')
    start()
    await lost()
    expect(run!.lost).toBeInstanceOf(ProviderRefused)
  })

  test('more than half of more than twenty that vanish are looked at twice', async () => {
    const arns = Array.from({ length: 30 }, (_, at) => `task/${String(at).padStart(12, '0')}`)
    acts.ListTasks = () => ({ taskArns: arns })
    start()
    await inForce(30)
    let times = 0
    acts.ListTasks = () => ({ taskArns: ++times === 1 ? [] : arns })
    await until(
      () => times,
      (count) => count >= 4,
    )
    expect(run!.count).toBe(1)
    acts.ListTasks = () => ({ taskArns: [] })
    await inForce(0)
  })
})

describe('credentials', () => {
  const none = { accessKeyID: '', secretAccessKey: '' }
  const keyOf = async (options: object = {}): Promise<string> => {
    start({ ...none, ...options })
    await until(
      () => run!.lost?.message ?? asked('ListTasks').length,
      (value) => value !== 0,
    )
    if (run!.lost !== null) return run!.lost.message
    const { headers } = asked('ListTasks').at(-1)!
    return `${/Credential=([^/]+)/.exec(headers.authorization ?? '')?.[1]} ${headers['x-amz-security-token'] ?? ''}`.trim()
  }
  const set = (variables: Record<string, string>) => Object.assign(process.env, variables)
  const file = (name: string, text: string) => {
    writeFileSync(path.join(dir, name), text)
    return path.join(dir, name)
  }
  const told = (key: string, end = '2099-01-01T00:00:00Z') =>
    JSON.stringify({ Code: 'Success', AccessKeyId: key, SecretAccessKey: 'geheim', Token: 'token', Expiration: end })

  test('of options', async () => {
    set({ AWS_ACCESS_KEY_ID: 'ENV', AWS_SECRET_ACCESS_KEY: 'geheim' })
    expect(await keyOf({ accessKeyID: 'OPTION', secretAccessKey: 'geheim' })).toBe('OPTION')
  })

  test('of variables', async () => {
    set({ AWS_ACCESS_KEY_ID: 'ENV', AWS_SECRET_ACCESS_KEY: 'geheim', AWS_SESSION_TOKEN: 'token' })
    expect(await keyOf()).toBe('ENV token')
  })

  test('of files, with their region', async () => {
    set({
      AWS_SHARED_CREDENTIALS_FILE: file(
        'credentials',
        '[default]\naws_access_key_id = DEFAULT\naws_secret_access_key = geheim\n[work]\naws_access_key_id=WORK\naws_secret_access_key=geheim\n',
      ),
      AWS_CONFIG_FILE: file('config', '[default]\nregion = eu-north-1\n[profile work]\nregion=us-east-2\n'),
    })
    expect(await keyOf({ region: '' })).toBe('DEFAULT')
    expect(asked('ListTasks')[0]!.headers.authorization).toContain('/eu-north-1/ecs/')
    await run!.stop()
    seen = []
    set({ AWS_PROFILE: 'work' })
    expect(await keyOf({ region: '' })).toBe('WORK')
    expect(asked('ListTasks').at(-1)!.headers.authorization).toContain('/us-east-2/ecs/')
  })

  test('of the role of a task', async () => {
    files['GET /role?id=1'] = told('CONTAINER')
    set({
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `${url}/role?id=1`,
      AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: file('token', 'secret-token\n'),
    })
    expect(await keyOf()).toBe('CONTAINER token')
    expect(seen[0]!.headers.authorization).toBe('secret-token')
  })

  test('nobody else is asked for the role of a task without TLS', async () => {
    set({ AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://10.0.0.1/role' })
    expect(await keyOf()).toContain('not to be trusted')
  })

  test('of a token that somebody vouches for, which is read each time', async () => {
    const tokenFile = file('web', 'first')
    acts.AssumeRoleWithWebIdentity = ({ WebIdentityToken }) =>
      `<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>WEB-${WebIdentityToken}</AccessKeyId><SecretAccessKey>geheim</SecretAccessKey><SessionToken>token</SessionToken><Expiration>2000-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`
    set({ AWS_WEB_IDENTITY_TOKEN_FILE: tokenFile, AWS_ROLE_ARN: 'arn:role' })
    expect(await keyOf()).toBe('WEB-first token')
    expect(asked('AssumeRoleWithWebIdentity')[0]!.content).toMatchObject({
      RoleArn: 'arn:role',
      RoleSessionName: 'signalbox',
    })
    writeFileSync(tokenFile, 'second')
    await until(
      () => asked('ListTasks').at(-1)!.headers.authorization,
      (authorization) => authorization!.includes('WEB-second'),
    )
  })

  test('a refused token is refused', async () => {
    set({ AWS_WEB_IDENTITY_TOKEN_FILE: file('web', 'geheim-token'), AWS_ROLE_ARN: 'arn:role' })
    acts.AssumeRoleWithWebIdentity = (_, response) => {
      response
        .writeHead(400)
        .end('<ErrorResponse><Error><Code>ExpiredToken</Code><Message>old</Message></Error></ErrorResponse>')
      return null
    }
    expect(await keyOf()).toContain('400 ExpiredToken: old')
    expect(run!.lost).toBeInstanceOf(ProviderRefused)
    expect(run!.lost!.message).not.toContain('geheim')
  })

  test('of the role of a machine, with its region', async () => {
    Object.assign(files, {
      'PUT /latest/api/token': 'session',
      'GET /latest/meta-data/placement/region': 'eu-south-1',
      'GET /latest/meta-data/iam/security-credentials/': 'my-role\n',
      'GET /latest/meta-data/iam/security-credentials/my-role': told('MACHINE'),
    })
    set({ AWS_EC2_METADATA_DISABLED: '', AWS_EC2_METADATA_SERVICE_ENDPOINT: url })
    expect(await keyOf({ region: '' })).toBe('MACHINE token')
    expect(asked('ListTasks')[0]!.headers.authorization).toContain('/eu-south-1/ecs/')
    const { headers } = asked('GET /latest/meta-data/iam/security-credentials/my-role')[0]!
    expect(headers['x-aws-ec2-metadata-token']).toBe('session')
    await polls(3)
    expect(asked('GET /latest/meta-data/iam/security-credentials/my-role')).toHaveLength(1)
  })

  test('none, and no region', async () => {
    expect(await keyOf()).toContain('@aws-sdk/credential-provider-node')
    await run!.stop()
    expect(await keyOf({ region: '' })).toContain('no region')
  })
})

test('nothing is left after a stop', async () => {
  start({ refreshSeconds: 3600 })
  await inForce(1)
  await run!.stop()
  expect(run!.lost?.message).toBe('the source has ended')
})

test('an interval that is none leaves it out', () => {
  expect(() => createEcsProvider('ecs', { ...OPTIONS, refreshSeconds: 0 }, testContext())).toThrow('refreshSeconds')
})
