import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freePort } from '../support/free-port.ts'
import { until } from '../support/until.ts'
import { Authority } from './certificates.ts'
import { PeerRig } from './rig.ts'

/** Traefik, where there is one (`.ci/reference`). */
const traefik = process.env.SIGNALBOX_REFERENCE ?? ''

const rig = new PeerRig()
/** Where the APIs are, and what is this proxy's own in what they show. */
let sites: { readonly api: string; readonly own: readonly (readonly [string, string])[] }[] = []

const router = (rule: string, service: string, more: object = {}) => ({ entryPoints: ['web'], rule, service, ...more })
const servers = (...urls: string[]) => ({ loadBalancer: { servers: urls.map((url) => ({ url })) } })

beforeAll(async () => {
  if (traefik === '') return
  const authority = await Authority.make(rig)
  const routing = {
    http: {
      routers: {
        shop: router('Host(`shop.test`)', 'shop', { middlewares: ['strip', 'auth'] }),
        admin: router('Host(`admin.test`) && PathPrefix(`/a`)', 'shop', { priority: 5 }),
        secure: router('Host(`tls.test`)', 'mix', { tls: {} }),
        broken: router('Host(`broken.test`)', 'ghost'),
        nomid: router('Host(`nomid.test`)', 'shop', { middlewares: ['ghost'] }),
        half: router('Host(`half.test`)', 'shop', { entryPoints: ['web', 'nosuch'] }),
        lost: router('Host(`lost.test`)', 'shop', { entryPoints: ['nosuch'] }),
        bad: router('Nope(`x`)', 'shop'),
        'a/b': router('Path(`/<x>&y`)', 'one@file', { middlewares: ['both'] }),
        parent: { entryPoints: ['web'], rule: 'PathPrefix(`/parent`)' },
        child: { rule: 'Path(`/parent/child`)', service: 'shop', parentRefs: ['parent'] },
      },
      services: {
        shop: servers('http://127.0.0.1:9', 'http://127.0.0.1:8'),
        one: servers('http://127.0.0.1:7'),
        checked: {
          loadBalancer: { healthCheck: { path: '/up', interval: '5s' }, servers: [{ url: 'http://127.0.0.1:6' }] },
        },
        sticky: {
          loadBalancer: { sticky: { cookie: { name: 'at', secure: true } }, servers: [{ url: 'http://127.0.0.1:5' }] },
        },
        mix: { weighted: { services: [{ name: 'shop', weight: 3 }, { name: 'one' }] } },
        mirror: { mirroring: { service: 'shop', mirrors: [{ name: 'one', percent: 10 }] } },
        spare: { failover: { service: 'checked', fallback: 'one' } },
        unused: servers('http://127.0.0.1:4'),
      },
      middlewares: {
        strip: { stripPrefix: { prefixes: ['/x'] } },
        auth: { basicAuth: { users: ['joe:{SHA}qUqP5cyxm6YcTAhz05Hph5gvu9M='], removeHeader: true } },
        both: { chain: { middlewares: ['strip', 'zip'] } },
        zip: { compress: {} },
        limit: { rateLimit: { average: 5, period: '1m', burst: 7 } },
        head: { headers: { customRequestHeaders: { 'X-A': 'b', 'X-Gone': '' }, stsSeconds: 60 } },
        away: { redirectScheme: { scheme: 'https', permanent: true } },
        wrong: { ipAllowList: { sourceRange: ['nonsense'] } },
        empty: {},
      },
    },
    tcp: {
      routers: {
        db: { rule: 'HostSNI(`*`)', service: 'db', entryPoints: ['web'], middlewares: ['few'] },
        pass: { rule: 'HostSNI(`db.test`)', service: 'db', entryPoints: ['web'], tls: { passthrough: true } },
        gone: { rule: 'HostSNI(`gone.test`)', service: 'ghost', entryPoints: ['web'], tls: {} },
      },
      services: {
        db: { loadBalancer: { servers: [{ address: '127.0.0.1:9' }] } },
        many: { weighted: { services: [{ name: 'db', weight: 2 }] } },
      },
      middlewares: { few: { inFlightConn: { amount: 3 } }, near: { ipAllowList: { sourceRange: ['10.0.0.0/8'] } } },
    },
    udp: {
      routers: { dns: { service: 'dns', entryPoints: ['dns'] }, nowhere: { service: 'ghost', entryPoints: ['dns'] } },
      services: { dns: { loadBalancer: { servers: [{ address: '127.0.0.1:9' }] } } },
    },
    tls: {
      certificates: [await authority.issue('a.test'), await authority.issue('b.test'), await authority.issue('c.test')],
    },
  }
  const file = rig.file('theirs.yml', JSON.stringify(routing))
  const flagsOf = (web: number, dns: number, own: number) => [
    `--entryPoints.web.address=127.0.0.1:${web}`,
    `--entryPoints.dns.address=127.0.0.1:${dns}/udp`,
    `--entryPoints.traefik.address=127.0.0.1:${own}`,
    '--api.insecure=true',
    '--ping=true',
  ]
  const [dns = 0, own = 0, theirWeb = 0, theirDns = 0, theirOwn = 0] = await Promise.all([1, 2, 3, 4, 5].map(freePort))
  const proxy = await rig.proxy(routing, flagsOf(0, dns, own).slice(1))
  rig.start(traefik, [
    ...flagsOf(theirWeb, theirDns, theirOwn),
    `--providers.file.filename=${file}`,
    '--providers.providersThrottleDuration=1ms',
  ])
  const ownOf = (web: number, dns: number, api: number, file: string) =>
    [
      [`127.0.0.1:${web}`, 'WEB'],
      [`127.0.0.1:${dns}/udp`, 'DNS'],
      [`127.0.0.1:${api}`, 'API'],
      [file, 'FILE'],
    ] as const
  sites = [
    { api: `http://127.0.0.1:${own}`, own: ownOf(proxy.port, dns, own, `${proxy.dir}/routing.yml`) },
    { api: `http://127.0.0.1:${theirOwn}`, own: ownOf(theirWeb, theirDns, theirOwn, file) },
  ]
  for (const { api } of sites) {
    await until(
      () =>
        fetch(`${api}/api/http/routers/shop@file`).then(
          ({ status }) => status,
          () => 0,
        ),
      (status) => status === 200,
      30_000,
    )
  }
}, 60_000)

afterAll(() => rig.close())

interface Answer {
  readonly status: number
  readonly type: string | null
  readonly next: string | null
  readonly value: unknown
}

async function ask({ api, own }: (typeof sites)[number], rest: string, method = 'GET'): Promise<Answer> {
  const answer = await fetch(`${api}${rest}`, { method, redirect: 'manual' })
  const text = own.reduce((shown, [mine, name]) => shown.replaceAll(mine, name), await answer.text())
  return {
    status: answer.status,
    type: answer.headers.get('content-type'),
    next: answer.headers.get('x-next-page'),
    value: parsed(text),
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Not every answer is JSON.
    return text
  }
}

/** What differs on purpose: where, and why. */
const ON_PURPOSE: readonly { readonly at: RegExp; readonly why: string }[] = [
  { at: /(?:^|\.)basicAuth\.users\.\d+$/, why: 'hashes of users are masked' },
  { at: /^version\.value\.(?:Version|Codename|startDate)$/, why: 'they are releases of their own' },
  { at: /^version\.value\.offers$/, why: 'what there is beside the API of Traefik' },
]

/** Paths at which two values differ. */
function differences(mine: unknown, theirs: unknown, at: string): string[] {
  if (Object.is(mine, theirs)) return []
  const isTree = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null
  if (!isTree(mine) || !isTree(theirs)) {
    return ON_PURPOSE.some((known) => known.at.test(at))
      ? []
      : [`${at}: ${JSON.stringify(mine)}, Traefik ${JSON.stringify(theirs)}`]
  }
  const keys = new Set([...Object.keys(mine), ...Object.keys(theirs)])
  return [...keys].flatMap((key) => differences(mine[key], theirs[key], `${at}.${key}`))
}

const lists = {
  'http/routers': ['', '?search=TEST', '?search=nope', '?status=disabled', '?status=WARNING', '?serviceName=shop@file', '?serviceName=one@file', '?middlewareName=strip@file', '?middlewareName=strip', '?sortBy=priority', '?sortBy=priority&direction=desc', '?sortBy=rule', '?sortBy=service&direction=desc', '?sortBy=entryPoints', '?sortBy=status', '?sortBy=provider&direction=down', '?per_page=3', '?per_page=3&page=2', '?search=.test&per_page=2&page=9', '?page=0', '?per_page=-1', '?page=x', '?per_page=99999999999999999999'],
  'http/services': ['', '?search=s', '?sortBy=servers&direction=desc', '?sortBy=type', '?status=enabled', '?per_page=2&page=2'],
  'http/middlewares': ['', '?sortBy=type&direction=desc', '?search=A', '?status=disabled'],
  'tcp/routers': ['', '?sortBy=priority', '?status=disabled', '?search=DB'],
  'tcp/services': ['', '?sortBy=servers'],
  'tcp/middlewares': [''],
  'udp/routers': ['', '?status=disabled'],
  'udp/services': ['', '?search=dns'],
  entrypoints: ['', '?per_page=2', '?per_page=2&page=2', '?page=9'],
  certificates: ['', '?search=B.TEST', '?sortBy=issuer&direction=desc', '?sortBy=validUntil', '?status=enabled', '?status=expired', '?per_page=1&page=2', '?page=5'],
} // biome-ignore format: a table

const single = ['http/routers/shop@file', 'http/routers/shop', 'http/routers/a%2Fb@file', 'http/routers/broken@file', 'http/routers/child@file', 'http/routers/parent@file', 'http/routers/half@file', 'http/routers/api@internal', 'http/services/shop@file', 'http/services/checked@file', 'http/services/sticky@file', 'http/services/mirror@file', 'http/services/api@internal', 'http/services/none@file', 'http/middlewares/auth@file', 'http/middlewares/wrong@file', 'http/middlewares/empty@file', 'http/middlewares/none@file', 'tcp/routers/gone@file', 'tcp/services/many@file', 'tcp/middlewares/few@file', 'udp/routers/nowhere@file', 'udp/services/none@file', 'entrypoints/web', 'entrypoints/none', 'certificates/00', 'overview', 'rawdata', 'version', 'nosuch'] // biome-ignore format: a table

describe.skipIf(traefik === '')('the API of Traefik and ours, of the same configuration', () => {
  const paths = [
    ...Object.entries(lists).flatMap(([list, queries]) => queries.map((query) => `${list}${query}`)),
    ...single,
  ]

  test.each(paths)('/api/%s', async (rest) => {
    const asked = async () => {
      const [mine, theirs] = await Promise.all(sites.map((site) => ask(site, `/api/${rest}`)))
      return differences(mine, theirs, rest)
    }
    expect(await asked()).toEqual([])
  })

  test.each(['POST', 'PUT', 'DELETE', 'HEAD'])('%s', async (method) => {
    const [mine, theirs] = await Promise.all(sites.map((site) => ask(site, '/api/http/routers', method)))
    expect([mine!.status, theirs!.status]).toEqual([405, 405])
  })

  test('a certificate by its fingerprint', async () => {
    const [{ value }] = (await Promise.all(sites.map((site) => ask(site, '/api/certificates')))) as [Answer]
    for (const { name } of value as { name: string }[]) {
      const [mine, theirs] = await Promise.all(sites.map((site) => ask(site, `/api/certificates/${name}`)))
      expect(differences(mine, theirs, '')).toEqual([])
    }
  })

  test('members of the support dump', async () => {
    const [mine, theirs] = await Promise.all(
      sites.map(async ({ api, own }, at) => {
        const answer = await fetch(`${api}/api/support-dump`)
        const folder = path.join(rig.dir, `dump-${at}`)
        mkdirSync(folder)
        writeFileSync(path.join(folder, 'dump.tar.gz'), new Uint8Array(await answer.arrayBuffer()))
        const read = (name: string) => {
          const text = execFileSync('tar', ['xzOf', 'dump.tar.gz', name], { cwd: folder, encoding: 'utf8' })
          return JSON.parse(own.reduce((shown, [value, title]) => shown.replaceAll(value, title), text)) as object
        }
        return {
          type: answer.headers.get('content-type'),
          disposition: answer.headers.get('content-disposition'),
          names: execFileSync('tar', ['tzf', 'dump.tar.gz'], { cwd: folder, encoding: 'utf8' }).split('\n'),
          version: Object.keys(read('version.json')),
          static: read('static-config.json'),
          runtime: read('runtime-config.json'),
        }
      }),
    )
    expect(differences(mine, theirs, '')).toEqual([])
  })
})
