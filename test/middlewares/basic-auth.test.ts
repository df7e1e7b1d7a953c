import { hmac } from '@noble/hashes/hmac.js'
import { md5, sha1 } from '@noble/hashes/legacy.js'
import { describe, expect, test } from 'vitest'
import type * as z from 'zod'
import type { PasswordClient, Passwords } from '../../src/contracts/ports.ts'
import type { MaybePromise } from '../../src/http/maybe-promise.ts'
import { basicAuthElement } from '../../src/middlewares/basic-auth/basic-auth.schema.ts'
import { basicAuth } from '../../src/middlewares/basic-auth/basic-auth.ts'
import { md5Crypt } from '../../src/middlewares/basic-auth/md5-crypt.ts'
import { createPasswordCheck } from '../../src/middlewares/basic-auth/password-check.ts'
import { buildMiddleware, exchange, prepareErrorOf, TestContext, testScopes } from '../support/middleware.ts'

type Options = z.input<typeof basicAuthElement.schema>

const ANN = 'ann:$apr1$Xy12abCD$JyERgAnq51PYXjtETaZHn.' // hunter2
const SAM = 'sam:{SHA}CEo1Ae3vaEXy8eQZjsOiuBz1xrw=' // sesame
const BCRYPT = '$2y$04$abcdefghijklmnopqrstuuPT0cs.zGMMB9aUG3xKmxLeI//6s0m5C' // letmein

const BCRYPT_USER = `bea:${BCRYPT}`

const build = (options: Options, scopes = testScopes()) => buildMiddleware(basicAuthElement, basicAuth, options, scopes)
const basic = (credentials: string) => ['Authorization', `Basic ${btoa(credentials)}`]
const utf8 = (text: string) => String.fromCharCode(...new TextEncoder().encode(text))

describe('basicAuth', () => {
  test.each<[string, string[], string, boolean]>([
    ['MD5-crypt', [ANN], 'ann:hunter2', true],
    ['MD5-crypt, wrong', [ANN], 'ann:hunter3', false],
    ['SHA-1', [ANN, SAM], 'sam:sesame', true],
    ['SHA-1, wrong', [ANN, SAM], 'sam:Sesame', false],
    ['an unknown user', [ANN], 'eve:hunter2', false],
    ['a prototype name', [ANN], '__proto__:hunter2', false],
    ['a plain password', ['test:test'], 'test:test', false],
    ['a broken bcrypt hash', ['bea:$2y$04$abc'], 'bea:letmein', false],
    ['an empty user', [':{SHA}qUqP5cyxm6YcTAhz05Hph5gvu9M='], ':test', true],
    ['a colon in the password', ['c:{SHA}3OptnM09ILoVSfbZtd3mB0IViII='], 'c:a:b', true],
    ['the last entry of a name', ['ann:x', ANN], 'ann:hunter2', true],
    ['the last entry of a name', [ANN, 'ann:x'], 'ann:hunter2', false],
    ['a name beyond ASCII', ['jürg:{SHA}qUqP5cyxm6YcTAhz05Hph5gvu9M='], utf8('jürg:test'), true],
  ])('%s', async (_name, users, credentials, allowed) => {
    const { response, seen, cx } = await exchange(build({ users }), { headers: basic(credentials) })
    expect([seen !== null, response.status]).toEqual([allowed, allowed ? 200 : 401])
    expect(utf8(cx.record.username ?? '')).toBe(credentials.split(':')[0])
  })

  test.each([
    [[]],
    [['Authorization', 'Bearer YW5uOmh1bnRlcjI=']],
    [['Authorization', 'Basic %%%']],
    [['Authorization', 'Basic YW5u']],
    [['Authorization', 'Basic  YW5uOmh1bnRlcjI=']],
    [['Authorization', 'Basic YW5uOmh1bnRlcjI']],
    [['Authorization', 'BasicYW5uOmh1bnRlcjI=']],
    [['Authorization', 'Bearer x', 'Authorization', 'Basic YW5uOmh1bnRlcjI=']],
  ])('no credentials: %j', async (headers) => {
    const { response, seen, cx } = await exchange(build({ users: [ANN] }), { headers })
    expect([seen, response.status, response.content]).toEqual([null, 401, '401 Unauthorized\n'])
    expect(response.headers.get('content-type')).toBe('text/plain')
    expect(response.headers.get('www-authenticate')).toBe('Basic realm="traefik"')
    expect(cx.record.username).toBe('')
  })

  test.each([
    ['staff only', 'Basic realm="staff only"'],
    [' x"y ', 'Basic realm=" x"y "'],
    ['a\r\nb', 'Basic realm="a  b"'],
    ['ü', 'Basic realm="Ã¼"'],
  ])('realm %j', async (realm, challenge) => {
    const { response } = await exchange(build({ users: [ANN], realm }))
    expect(response.headers.lines).toContain(challenge)
  })

  test('the scheme is compared without case', async () => {
    const headers = ['authorization', 'bAsIc YW5uOmh1bnRlcjI=']
    expect((await exchange(build({ users: [ANN] }), { headers })).seen?.headers.lines).toEqual(headers)
  })

  test('the user goes to headerField as it is spelt, over every spelling of the client', async () => {
    const claims = ['X-Web-User', 'a', 'X_web_user', 'b', 'x.web.user', 'c', 'X-Web-Users', 'd']
    const headers = [...basic('ann:hunter2'), ...claims]
    const { seen } = await exchange(build({ users: [ANN], headerField: 'x_Web-USER', removeHeader: true }), { headers })
    expect(seen?.headers.lines).toEqual(['X-Web-Users', 'd', 'x_Web-USER', 'ann'])
  })

  test('usersFile is read, and users override it', async () => {
    const files = { '/users': `# staff\n\n  ${ANN}  \r\n${SAM}\n` }
    const options = { usersFile: '/users', users: ['sam:{SHA}qUqP5cyxm6YcTAhz05Hph5gvu9M='] }
    const middleware = build(options, testScopes({ files }))
    for (const [credentials, allowed] of [
      ['ann:hunter2', true],
      ['sam:sesame', false],
      ['sam:test', true],
    ] as const) {
      expect((await exchange(middleware, { headers: basic(credentials) })).seen !== null).toBe(allowed)
    }
  })

  test.each<[Options, string]>([
    [{ users: ['broken'] }, 'error parsing BasicUser: broken'],
    [{ users: [''] }, 'error parsing BasicUser: '],
    [{ users: ['a:$apr1$secret:c'] }, 'error parsing BasicUser: a:…'],
    [{ realm: 'x' }, 'no users found in '],
    [{ usersFile: '/empty' }, 'no users found in /empty'],
    [{ usersFile: '/nope' }, 'open /nope: no such file or directory'],
    [{ users: ['a\u0001:b'] }, 'invalid header field value for "users"'],
    [{ users: [ANN], headerField: 'x y' }, 'invalid header field name "x y"'],
  ])('%o: %s', (options, error) => {
    expect(prepareErrorOf(basicAuthElement, options, testScopes({ files: { '/empty': '# nobody\n' } }))).toBe(error)
  })
})

describe('createPasswordCheck', () => {
  const checkOf = (users: ReadonlyMap<string, string>, port: Pick<Passwords, 'bcrypt'>) => {
    const check = createPasswordCheck(users, port)
    return (user: string, password: string) => check(user, password, new TestContext())
  }
  const passwordPort = () => {
    const calls: string[] = []
    const waiting: (() => void)[] = []
    return {
      calls,
      release: () => waiting.splice(0).forEach((go) => void go()),
      bcrypt(password: string, hash: string) {
        calls.push(hash.slice(0, 7))
        const fits = hash.slice(4) === BCRYPT.slice(4) && password === 'letmein'
        return new Promise<boolean>((resolve) => waiting.push(() => resolve(fits)))
      },
    }
  }
  const settle = async (port: ReturnType<typeof passwordPort>, result: MaybePromise<boolean | null>) => {
    let done = false
    const watched = Promise.resolve(result).finally(() => {
      done = true
    })
    for (let turn = 0; !done && turn < 50; turn++) {
      port.release()
      await Promise.resolve()
    }
    return watched
  }

  test.each(['a', 'b', 'x', 'y'])('$2%s$ goes to the port', async (letter) => {
    const port = passwordPort()
    const check = checkOf(new Map([['bea', `$2${letter}${BCRYPT.slice(3)}`]]), port)
    expect(await settle(port, check('bea', 'letmein'))).toBe(true)
    expect(await settle(port, check('bea', 'letmeout'))).toBe(false)
    expect(port.calls).toEqual(['$2b$04$', '$2b$04$'])
  })

  test('a refusal costs the same whoever the user', async () => {
    const other = `$2a$12$${'x'.repeat(53)}`
    for (const user of ['bea', 'bob', 'sam', 'eve']) {
      const port = passwordPort()
      const users = new Map([
        ['bea', BCRYPT],
        ['bob', other],
        ['sam', SAM.slice(4)],
      ])
      expect(await settle(port, checkOf(users, port)(user, 'wrong'))).toBe(false)
      expect(port.calls.toSorted()).toEqual(['$2b$04$', '$2b$12$'])
    }
  })

  test('what was verified is remembered, what was refused is not', async () => {
    const port = passwordPort()
    const check = checkOf(new Map([['bea', BCRYPT]]), port)
    expect(await settle(port, check('bea', 'letmein'))).toBe(true)
    expect(check('bea', 'letmein')).toBe(true)
    expect(port.calls).toHaveLength(1)
    for (let i = 0; i < 2; i++) expect(await settle(port, check('bea', 'wrong'))).toBe(false)
    expect(port.calls).toHaveLength(3)
  })

  test('equal checks under way are shared, others are not', async () => {
    const port = passwordPort()
    const check = checkOf(
      new Map([
        ['bea', BCRYPT],
        ['beal', BCRYPT],
      ]),
      port,
    )
    const results = [check('bea', 'letmein'), check('bea', 'letmein'), check('beal', 'etmein'), check('eve', 'letmein')]
    expect(port.calls).toHaveLength(3)
    expect(await Promise.all(results.map((result) => settle(port, result)))).toEqual([true, true, false, false])
  })

  test('a failed check is not kept', async () => {
    const check = checkOf(new Map([['bea', BCRYPT]]), {
      bcrypt: () => Promise.reject(new Error('worker gone')),
    })
    await expect(check('bea', 'letmein')).rejects.toThrow('worker gone')
    await expect(check('bea', 'letmein')).rejects.toThrow('worker gone')
  })

  test('a password beyond the bound never fits and costs nothing', () => {
    const port = passwordPort()
    expect(checkOf(new Map([['bea', BCRYPT]]), port)('bea', 'x'.repeat(513))).toBe(false)
    expect(port.calls).toEqual([])
  })
})

describe('passwords that nobody compared', () => {
  const refusing = { bcrypt: () => Promise.resolve(null) }

  test.each(['bea:letmein', 'bea:wrong', 'eve:wrong'])('%s: 503, and not 401', async (credentials) => {
    const scopes = testScopes({ passwords: refusing })
    const { response, seen } = await exchange(build({ users: [BCRYPT_USER, ANN] }, scopes), {
      headers: basic(credentials),
    })
    expect([response.status, response.headers.get('retry-after'), seen]).toEqual([503, '1', null])
  })

  test('a check goes on while one of those who share it waits, and is called off with the last', async () => {
    const clients: PasswordClient[] = []
    const left: string[] = []
    const check = createPasswordCheck(new Map([['bea', BCRYPT]]), {
      bcrypt(_, __, client) {
        clients.push(client)
        return new Promise((resolve) =>
          client.onLeave(() => {
            left.push(client.address)
            resolve(null)
          }),
        )
      },
    })
    const [first, second, third] = [new TestContext(), new TestContext(), new TestContext()]
    const answers = [check('bea', 'letmein', first), check('bea', 'letmein', second)]
    first.abort()
    expect([clients.length, clients[0]?.hasLeft]).toEqual([1, false])
    second.abort()
    expect([left, clients[0]?.hasLeft]).toEqual([['192.0.2.1'], true])
    // Whoever comes now begins anew.
    void check('bea', 'letmein', third)
    expect([clients.length, clients[1]?.hasLeft]).toEqual([2, false])
    expect(await Promise.all(answers)).toEqual([null, null])
  })
})

describe('what was verified', () => {
  const counting = () => {
    let calls = 0
    const passwords = {
      verified: new Map(),
      async bcrypt(password: string) {
        calls++
        return password === 'letmein'
      },
    }
    return { scopes: testScopes({ ports: { passwords } }), calls: () => calls }
  }
  const statusOf = async (users: string[], scopes: ReturnType<typeof testScopes>) =>
    (await exchange(build({ users }, scopes), { headers: basic('bea:letmein') })).response.status

  test('stays so over a reload while the users are the same', async () => {
    const { scopes, calls } = counting()
    for (const users of [
      [BCRYPT_USER, ANN],
      [ANN, BCRYPT_USER],
      [BCRYPT_USER, ANN],
    ]) {
      expect([await statusOf(users, scopes), calls()]).toEqual([200, 1])
    }
    expect([await statusOf([BCRYPT_USER], scopes), calls()]).toEqual([200, 2])
  })

  test('is verified anew once a hash is another', async () => {
    const { scopes, calls } = counting()
    await statusOf([BCRYPT_USER], scopes)
    expect([await statusOf([`bea:$2y$05$${BCRYPT.slice(7)}`], scopes), calls()]).toEqual([200, 2])
    expect(await statusOf([ANN], scopes)).toBe(401)
  })
})

describe('digests', () => {
  const hex = (bytes: Uint8Array) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
  const bytes = (text: string) => new TextEncoder().encode(text)

  test.each([
    ['', 'd41d8cd98f00b204e9800998ecf8427e'],
    ['abc', '900150983cd24fb0d6963f7d28e17f72'],
    [
      '12345678901234567890123456789012345678901234567890123456789012345678901234567890',
      '57edf4a22be3c955ac49da2e2107b67a',
    ],
  ])('MD5 of %j (RFC 1321)', (text, digest) => {
    expect(hex(md5(bytes(text)))).toBe(digest)
  })

  test('SHA-1 and HMAC-SHA-1 agree with WebCrypto at every length', async () => {
    const key = Uint8Array.from({ length: 32 }, (_, i) => i * 7)
    const imported = await crypto.subtle.importKey('raw', key, { name: 'HMAC', hash: 'SHA-1' }, false, ['sign'])
    for (let length = 0; length < 200; length++) {
      const message = Uint8Array.from({ length }, (_, i) => i * 31 + length)
      expect(hex(sha1(message))).toBe(hex(new Uint8Array(await crypto.subtle.digest('SHA-1', message))))
      expect(hex(hmac(sha1, key, message))).toBe(
        hex(new Uint8Array(await crypto.subtle.sign('HMAC', imported, message))),
      )
    }
  })

  test.each([
    ['hunter2', 'Xy12abCD', '$apr1$', '$apr1$Xy12abCD$JyERgAnq51PYXjtETaZHn.'],
    ['', 'abcdefgh', '$1$', '$1$abcdefgh$M55TzYaaccxVGbptZWaxX/'],
    ['a password longer than sixteen bytes', 'ab', '$1$', '$1$ab$bbCjtt8PZJDpVrzXMe5aF1'],
  ])('MD5-crypt of %j', (password, salt, magic, expected) => {
    expect(md5Crypt(password, salt, magic)).toBe(expected)
  })
})
