import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type ProviderCase, providerCases } from '../../support/dns-apis/cases.ts'
import { providerAt, reasonOf, recordFor } from '../../support/dns-apis/run.ts'
import { type ApiCall, DnsApis } from '../../support/dns-apis/server.ts'

let apis: DnsApis
beforeEach(async () => {
  apis = await DnsApis.start()
})
afterEach(() => apis.stop())

const limit = () => AbortSignal.timeout(15_000)

const providerOf = ({ code, variables }: Pick<ProviderCase, 'code' | 'variables'>) => providerAt(apis, code, variables)

describe.each(providerCases)('$name', (one) => {
  test('a record is there, and away', async () => {
    const provider = await providerOf(one)
    const own = recordFor(one.domain, 'token-1')
    await provider.present(own, limit())
    expect(apis.store.texts(one.stored)).toEqual([own.value])
    await provider.cleanUp(own, limit())
    expect(apis.store.texts(one.stored)).toEqual(one.keeps === true ? [own.value] : [])
  })

  if (one.onlyOne === undefined) {
    test('two for one name at once, each removed on its own', async () => {
      const provider = await providerOf(one)
      const [a, b] = [recordFor(one.domain, 'token-1'), recordFor(one.domain, 'token-2')]
      await Promise.all([provider.present(a, limit()), provider.present(b, limit())])
      expect([...apis.store.texts(one.stored)].sort()).toEqual([a.value, b.value].sort())
      await provider.cleanUp(a, limit())
      expect(apis.store.texts(one.stored)).toContain(b.value)
      await provider.cleanUp(b, limit())
      if (one.keeps !== true) expect(apis.store.texts(one.stored)).toEqual([])
    })
  }

  if (one.onlyOne === undefined && one.code !== 'gandi') {
    test('what others have there stays', async () => {
      apis.store.add(one.stored, 'of-somebody-else', 77)
      const provider = await providerOf(one)
      const own = recordFor(one.domain, 'token-1')
      await provider.present(own, limit())
      expect([...apis.store.texts(one.stored)].sort()).toEqual([own.value, 'of-somebody-else'].sort())
      await provider.cleanUp(own, limit())
      expect(apis.store.texts(one.stored)).toContain('of-somebody-else')
    })
  }

  if (one.keeps === undefined) {
    test('a record whose answer was lost is removed nevertheless', async () => {
      const provider = await providerOf(one)
      const own = recordFor(one.domain, 'token-1')
      apis.loss = () => (apis.store.texts(one.stored).length === 0 ? null : { status: 500, text: 'lost' })
      await expect(provider.present(own, limit())).rejects.toThrow('lost')
      expect(apis.store.texts(one.stored)).toEqual([own.value])
      apis.loss = () => null
      await provider.cleanUp(own, limit())
      expect(apis.store.texts(one.stored)).toEqual([])
    })
  }

  test('what was never put is removed without an error', async () => {
    const provider = await providerOf(one)
    await provider.cleanUp(recordFor(one.domain, 'token-1'), limit())
  })

  test.each<[string, Parameters<typeof faultOf>[0], RegExp]>([
    ['401', { status: 401, json: { message: 'no entry' } }, /: 401(?: Unauthorized|:)/],
    ['403', { status: 403, json: { message: 'not for you' } }, /: 403(?: Forbidden|:)/],
    ['404', { status: 404, json: { message: 'what?' } }, /: 404|could not be found|none of|no zone|no version/],
    ['a late 429', { status: 429, headers: { 'retry-after': '3600' }, text: 'slow down' }, /: 429/],
    ['500', { status: 500, text: 'oh no' }, /: 500/],
    ['HTML with 200', { text: '<!DOCTYPE html><html><body>Sign in</body></html>' }, /: 200: |not OK/],
    ['garbage', { text: '\u0000\u0001}{' }, /: 200: |not OK/],
    ['half a body', 'half', /ends before it is whole|closed the connection before/],
    ['10 MB', { text: 'x'.repeat(10 * 1024 * 1024) }, /more than \d+ bytes/],
  ])('%s is an error that says who did not do what', async (_, reply, said) => {
    const provider = await providerOf(one)
    apis.fault = faultOf(reply)
    const message = await reasonOf(provider.present(recordFor(one.domain, 'token-1'), limit()))
    expect(message).toMatch(new RegExp(`^${one.code}: can’t [a-z .-]+: `))
    expect(message).toMatch(said)
    expect(message.length).toBeLessThan(500)
  })

  test('silence ends', async () => {
    const provider = await providerOf(one)
    apis.fault = () => 'silence'
    const message = await reasonOf(provider.present(recordFor(one.domain, 'token-1'), AbortSignal.timeout(300)))
    expect(message).toContain('aborted due to timeout')
  })

  test('what an API repeats of our secrets is not shown', async () => {
    const provider = await providerOf(one)
    apis.fault = ({ headers, query, body }) => ({
      status: 400,
      text: `refused: ${Object.values(headers).join(' ')} ${query} ${body}`.slice(0, 290),
    })
    const message = await reasonOf(provider.present(recordFor(one.domain, 'token-1'), limit()))
    expect(message).toMatch(/: 400/)
    for (const secret of one.secrets) expect(message).not.toContain(secret)
  })

  // The others never look for a zone.
  if (!['desec', 'duckdns', 'acme-dns'].includes(one.code)) {
    test('a name in no zone is an error', async () => {
      const provider = await providerOf({
        ...one,
        variables: { ...one.variables, AZURE_ZONE_NAME: '', GCE_ZONE_ID: '' },
      })
      const message = await reasonOf(provider.present(recordFor('www.nowhere.example', 'token-1'), limit()))
      expect(message).toBe(`${one.code}: _acme-challenge.www.nowhere.example. is in no zone that the name servers know`)
    })
  }

  if (one.code !== 'acme-dns')
    test('a zone that the API does not have is an error', async () => {
      const provider = await providerOf({
        ...one,
        variables: { ...one.variables, AZURE_ZONE_NAME: '', GCE_ZONE_ID: '' },
      })
      const domain = one.code === 'duckdns' ? 'yours.duckdns.org' : 'www.other.test'
      const message = await reasonOf(provider.present(recordFor(domain, 'token-1'), limit()))
      expect(message).toMatch(new RegExp(`^${one.code}: .*(?:zone|404|owns|OBJECT_DOMAIN|not found|KO)`))
      expect(apis.store.all.filter(({ name }) => name !== 'actions.test')).toEqual([])
    })
})

const faultOf =
  (reply: ReturnType<DnsApis['fault']>) =>
  ({ host }: ApiCall): ReturnType<DnsApis['fault']> =>
    // Tokens are given first, so that it is the API of DNS that fails.
    [
      'login.microsoftonline.com',
      'oauth2.googleapis.com',
      'iamcredentials.googleapis.com',
      'www.ovh.com',
      'accounts.test',
    ].includes(host)
      ? null
      : reply
