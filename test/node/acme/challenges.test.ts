import { describe, expect, test } from 'vitest'
import { ChallengeAnswers } from '../../../adapters/node/acme/challenges.ts'
import { Environment } from '../../../adapters/node/acme/dns/environment.ts'
import { createExec } from '../../../adapters/node/acme/dns/exec.ts'
import { parseNameServer } from '../../../adapters/node/acme/dns/name-servers.ts'
import { dnsProviderCodes, loadDnsProvider } from '../../../adapters/node/acme/dns/registry.ts'
import type { TakeAway } from '../../../adapters/node/acme/order.ts'
import { afterName, parseReply, textData, updateMessage } from '../../../adapters/node/names/dns-message.ts'
import { createApiClient } from '../../../adapters/node/providers/api-client/client.ts'
import { runtimeClock } from '../../../adapters/web/clock.ts'
import { Fields } from '../../../src/http/fields.ts'
import { ProxyRequest } from '../../../src/http/request.ts'
import type { RequestContext } from '../../../src/http/request-context.ts'

const log = { log: () => undefined }
const signal = new AbortController().signal
const asked = { name: 'a.test', token: 'token-1', keyAuthorization: 'token-1.print' }

async function ask(answers: ChallengeAnswers, host: string, target: string) {
  const request = new ProxyRequest('GET', 'http', host, target, new Fields(), null, null, 'HTTP/1.1')
  const response = await answers.http(request, {} as RequestContext)
  return [response.status, response.content]
}

describe('HTTP-01', () => {
  test.each<[string, string, number]>([
    ['a.test', '/.well-known/acme-challenge/token-1', 200],
    ['A.test:8080', '/.well-known/acme-challenge/token-1/', 200],
    ['b.test', '/.well-known/acme-challenge/token-1', 404],
    ['a.test', '/.well-known/acme-challenge/token-2', 404],
    ['a.test', '/.well-known/acme-challenge/', 404],
    ['a.test', '/.well-known/acme-challenge/token-1/more', 404],
    ['', '/.well-known/acme-challenge/token-1', 404],
  ])('%s%s: %s', async (host, target, status) => {
    const answers = new ChallengeAnswers(runtimeClock, log)
    await answers.solver('http-01', 0, null).present(asked, signal, () => undefined)
    expect(await ask(answers, host, target)).toEqual([status, status === 200 ? 'token-1.print' : null])
  })

  test('what was taken away is not there', async () => {
    const answers = new ChallengeAnswers(runtimeClock, log)
    const laid: TakeAway[] = []
    await answers.solver('http-01', 0, null).present(asked, signal, (takeAway) => laid.push(takeAway))
    for (const takeAway of laid) await takeAway(signal)
    expect((await ask(answers, 'a.test', '/.well-known/acme-challenge/token-1'))[0]).toBe(404)
  })

  test('a storage that fails is a 404 and not more, and many questions are not handed on at a time', async () => {
    const answers = new ChallengeAnswers(runtimeClock, log)
    let under = 0
    let most = 0
    answers.share({
      put: async () => undefined,
      remove: async () => undefined,
      get: async () => {
        most = Math.max(most, ++under)
        await new Promise((resolve) => setImmediate(resolve))
        under--
        throw new Error('away')
      },
    })
    const all = await Promise.all(
      Array.from({ length: 200 }, (_, i) => ask(answers, 'a.test', `/.well-known/acme-challenge/t${i}`)),
    )
    expect(all.every(([status]) => status === 404)).toBe(true)
    expect(most).toBeLessThanOrEqual(20)
  })
})

describe('TLS-ALPN-01', () => {
  test('a certificate while it is asked for, the same for each look', async () => {
    const answers = new ChallengeAnswers(runtimeClock, log)
    const laid: TakeAway[] = []
    expect(await answers.tls('a.test')).toBeNull()
    await answers.solver('tls-alpn-01', 0, null).present(asked, signal, (takeAway) => laid.push(takeAway))
    const first = await answers.tls('A.test')
    expect(first?.names).toContain('a.test')
    expect(await answers.tls('a.test')).toBe(first)
    expect(await answers.tls('b.test')).toBeNull()
    for (const takeAway of laid) await takeAway(signal)
    expect(await answers.tls('a.test')).toBeNull()
  })
})

describe('DNS providers', () => {
  test('that there are', () => {
    expect(dnsProviderCodes).toEqual([
      ...['acme-dns', 'acmedns', 'azuredns', 'cloudflare', 'desec', 'digitalocean', 'dnsupdate', 'duckdns', 'exec'],
      ...['gandi', 'gandiv5', 'gcloud', 'hetzner', 'httpreq', 'manual', 'namecheap', 'ovh', 'pdns', 'rfc2136'],
      'route53',
    ])
  })

  test.each(dnsProviderCodes)('%s is loaded', async (code) => {
    expect(await loadDnsProvider(code)).toBeTypeOf('function')
  })

  test.each(['linode', 'constructor', '', 'edgedns'])('%j is none', async (code) => {
    await expect(loadDnsProvider(code)).rejects.toThrow(
      `the DNS provider "${code}" is not built in; a program (exec) or a service of yours (httpreq) can put the records`,
    )
  })

  test.each([
    ['Exec', 'exec'],
    ['cloudfare', 'cloudflare'],
    ['route-53', 'route53'],
    ['azure', 'azuredns'],
    ['linod', 'linode'],
    ['google', 'gcloud'],
  ])('%j may mean %s', async (code, meant) => {
    await expect(loadDnsProvider(code)).rejects.toThrow(
      `the DNS provider "${code}" is not known, did you mean "${meant}"? A program (exec) or a service of yours (httpreq) can put the records of any other`,
    )
  })

  test('variables come by themselves or by files', () => {
    const env = new Environment({ A: '5', B_FILE: '/nowhere', C: 'x', D: '', E: '7' })
    expect(env.number(1, 'A')).toBe(5)
    expect(env.seconds(1000, 'D')).toBe(1000)
    expect(env.text('D', 'E')).toBe('7')
    expect(() => env.text('B')).toThrow('B_FILE can’t be read: ENOENT')
    expect(() => env.number(1, 'C')).toThrow('C is no whole number')
    expect(() => env.flag(false, 'C')).toThrow('C is neither true nor false')
    expect(env.flag(true, 'D')).toBe(true)
    expect(() => env.neededAll('p', ['A'], ['D', 'C'], ['D'], ['F'])).toThrow(
      'p: some credentials information are missing: D,F',
    )
  })

  const record = { domain: 'a.test', fqdn: '_acme-challenge.a.test.', value: 'v', token: 't', keyAuthorization: 'k' }
  const exec = (variables: Readonly<Record<string, string>>, lines: string[] = []) =>
    createExec({
      env: new Environment({ PATH: process.env.PATH, ...variables }),
      clock: runtimeClock,
      log: { log: (_, message) => void lines.push(message) },
      resolvers: [],
      openApi: createApiClient,
    })

  test('exec hands over arguments, and no shell reads them', async () => {
    const lines: string[] = []
    await exec({ EXEC_PATH: '/bin/echo' }, lines).present({ ...record, value: '$(id)' }, signal)
    await exec({ EXEC_PATH: '/bin/echo', EXEC_MODE: 'RAW' }, lines).cleanUp(record, signal)
    expect(lines).toEqual(['exec: present _acme-challenge.a.test. $(id)', 'exec: cleanup -- a.test t k'])
  })

  test('exec that fails is said', async () => {
    await expect(exec({ EXEC_PATH: '/bin/false' }).present(record, signal)).rejects.toThrow(
      'exec: /bin/false present ended with 1',
    )
    await expect(exec({ EXEC_PATH: '/nowhere' }).present(record, signal)).rejects.toThrow('ENOENT')
    expect(() => exec({})).toThrow('exec: some credentials information are missing: EXEC_PATH')
  })

  test('exec that hangs ends with the order', async () => {
    const stop = new AbortController()
    const running = exec({ EXEC_PATH: '/bin/cat' }).present(record, stop.signal)
    stop.abort()
    await expect(running).rejects.toThrow('exec: ')
  })
})

describe('messages of DNS', () => {
  test.each<[string, string, number]>([
    ['1.2.3.4', '1.2.3.4', 53],
    ['1.2.3.4:5353', '1.2.3.4', 5353],
    ['ns.test:53', 'ns.test', 53],
    ['::1', '::1', 53],
    ['[::1]:5353', '::1', 5353],
  ])('the name server %s', (text, host, port) => {
    expect(parseNameServer(text)).toEqual({ host, port })
  })

  test.each(['', 'a:b', '[::1', 'x:99999999'])('%j is no name server', (text) => {
    expect(() => parseNameServer(text)).toThrow('is no name server')
  })

  test('long texts come in pieces', () => {
    expect(textData('ab')).toEqual(Buffer.from([2, 97, 98]))
    const long = textData('x'.repeat(300))
    expect([long[0], long[256], long.length]).toEqual([255, 45, 302])
  })

  test('answers that are none are errors, whatever their octets', () => {
    const { bytes } = updateMessage('a.test', [])
    expect(() => parseReply(bytes)).toThrow('is none')
    const reply = Buffer.from(bytes)
    reply.writeUInt16BE(0x8000 | reply.readUInt16BE(2), 2)
    expect(parseReply(reply)).toMatchObject({ code: 0, tsig: null })
    for (let cut = 0; cut < reply.length; cut++) expect(() => parseReply(reply.subarray(0, cut))).toThrow()
    const many = Buffer.from(reply)
    many.writeUInt16BE(0xffff, 6)
    expect(() => parseReply(many)).toThrow('too many records')
    expect(() => afterName(Buffer.from([0x80, 0]), 0)).toThrow('unknown kind')
    for (let i = 0; i < 2000; i++) {
      const noise = Buffer.from(reply)
      for (let n = 0; n < 4; n++) noise[(i * 7 + n * 13) % noise.length] = (i * 31 + n * 17) & 0xff
      try {
        parseReply(noise)
      } catch (error) {
        expect((error as Error).message).toMatch(/^the name server’s answer/)
      }
    }
  })
})
