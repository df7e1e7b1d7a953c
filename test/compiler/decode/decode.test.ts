import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { readDynamicText } from '../../../src/compiler/dynamic/read.ts'
import { mismatches } from '../expectation.ts'

const DATA = '../shared/conformance/data'

interface Case {
  readonly name: string
  readonly kind: 'static' | 'dynamic'
  readonly format: 'yaml' | 'toml'
  readonly text: string
  readonly expect: Record<string, unknown>
}

const cases = (JSON.parse(readFileSync(`${DATA}/static-files.json`, 'utf8')) as Case[]).filter(
  (c) => c.kind === 'dynamic',
)

describe('dynamic files of the conformance data', () => {
  test.each(cases)('$name', ({ text, format, expect: wanted }) => {
    const { value, problems } = readDynamicText(text, format, 'file')
    if (typeof wanted.error === 'string') {
      expect(value).toBeNull()
      expect(problems.map((problem) => problem.message).join()).toMatch(new RegExp(wanted.error, 'i'))
    } else {
      expect(problems).toEqual([])
      expect(mismatches(wanted, value, true)).toEqual([])
    }
  })
})

test('the reference files are understood, and alike', () => {
  const yaml = readDynamicText(readFileSync(`${DATA}/reference/dynamic-file.yaml`, 'utf8'), 'yaml', 'dynamic-file.yaml')
  const toml = readDynamicText(readFileSync(`${DATA}/reference/dynamic-file.toml`, 'utf8'), 'toml', 'dynamic-file.toml')
  expect(yaml.problems).toEqual([])
  expect(toml.problems).toEqual([])
  expect(toml.value).toEqual(yaml.value)
})

/** Compared with Traefik 3.7.15. */
describe('leniency', () => {
  test.each<[string, string, unknown]>([
    [
      'a block may come twice in different case',
      'HTTP: {routers: {a: {rule: a}}}\nhttp: {routers: {b: {rule: b}}}',
      { http: { routers: { a: { rule: 'a' }, b: { rule: 'b' } } } },
    ],
    [
      'the last spelling of an option wins',
      'http: {routers: {a: {Rule: a, rule: b}}}',
      { http: { routers: { a: { rule: 'b' } } } },
    ],
    [
      'map keys keep their case',
      'http: {routers: {a: {rule: 1_000, priority: 0x10}, A: {rule: b}}}',
      { http: { routers: { A: { rule: 'b' }, a: { rule: '1000', priority: 16 } } } },
    ],
    ['a bare object makes an empty one', 'http: {routers: {a: true, b: {}}}', { http: { routers: { a: {}, b: {} } } }],
    [
      'null is skipped',
      'http: {routers: {a: {rule: a, tls: , service: ~}}}',
      { http: { routers: { a: { rule: 'a' } } } },
    ],
    ['tls: {} switches on', 'http: {routers: {a: {tls: {}}}}', { http: { routers: { a: { tls: {} } } } }],
    ['tls: true switches on', 'http: {routers: {a: {tls: "TRUE"}}}', { http: { routers: { a: { tls: {} } } } }],
    ['tls: other drops', 'http: {routers: {a: {tls: "on"}}}', { http: { routers: { a: {} } } }],
    [
      'a text is a list with commas',
      'http: {routers: {a: {entryPoints: "b , c"}}}',
      { http: { routers: { a: { entryPoints: ['b', 'c'] } } } },
    ],
    [
      'items keep their commas',
      'http: {routers: {a: {entryPoints: [" b,c "]}}}',
      { http: { routers: { a: { entryPoints: ['b,c'] } } } },
    ],
    ['an empty list is none', 'http: {routers: {a: {entryPoints: []}}}', { http: { routers: { a: {} } } }],
    [
      'numbers become texts',
      'http: {routers: {a: {rule: 0.0000004, service: 1.5, ruleSyntax: true}}}',
      { http: { routers: { a: { rule: '0', service: '1.500000', ruleSyntax: 'true' } } } },
    ],
    [
      'yes is a text',
      'http: {routers: {a: {rule: yes, service: off}}}',
      { http: { routers: { a: { rule: 'yes', service: 'off' } } } },
    ],
    [
      'numbers of 64 bits are exact',
      'http: {routers: {a: {priority: 9223372036854775806}}}',
      { http: { routers: { a: { priority: '9223372036854775806' } } } },
    ],
    [
      'in JSON too',
      '{"http": {"routers": {"a": {"priority": 9223372036854775806}}}}',
      { http: { routers: { a: { priority: '9223372036854775806' } } } },
    ],
    [
      'named elements of a list of blocks',
      'http: {services: {s: {loadBalancer: {servers: {b: {url: b}, a: {url: a}}}}}}',
      {
        http: {
          services: {
            s: {
              loadBalancer: {
                servers: [{ url: 'a' }, { url: 'b' }],
                strategy: 'wrr',
                passHostHeader: true,
                responseForwarding: { flushInterval: '100ms' },
              },
            },
          },
        },
      },
    ],
    [
      'the first document counts',
      'http: {routers: {a: {rule: a}}}\n---\nhttp: {}',
      { http: { routers: { a: { rule: 'a' } } } },
    ],
    ['an empty section stays', 'http: {}', { http: {} }],
    ['an empty file has no section', '# nothing', {}],
    [
      'merge keys',
      'x: &x {rule: a}\nhttp: {routers: {a: {<<: *x, service: b}}}',
      { http: { routers: { a: { rule: 'a', service: 'b' } } } },
    ],
    [
      'dots belong to the key of a map of texts',
      'http: {services: {s: {loadBalancer: {healthCheck: {headers: {a: {b: c}}}}}}}',
      {
        http: {
          services: {
            s: {
              loadBalancer: {
                healthCheck: {
                  mode: 'http',
                  interval: '30s',
                  timeout: '5s',
                  followRedirects: true,
                  headers: { 'a.b': 'c' },
                },
                strategy: 'wrr',
                passHostHeader: true,
                responseForwarding: { flushInterval: '100ms' },
              },
            },
          },
        },
      },
    ],
    [
      'an empty list is an empty block or text',
      'http: {middlewares: {c: {compress: []}, s: {redirectScheme: {scheme: []}}}}',
      {
        http: {
          middlewares: {
            c: { compress: { encodings: ['gzip', 'br', 'zstd'] } },
            s: { redirectScheme: { scheme: '' } },
          },
        },
      },
    ],
  ])('%s', (_name, text, wanted) => {
    const { value, problems } = readDynamicText(text, 'yaml', null)
    expect(problems.filter((problem) => problem.severity === 'error')).toEqual([])
    expect(value).toEqual(wanted)
  })
})

describe('refusals', () => {
  test.each<[string, string, number, number]>([
    ['http: {routers: {a: {rul: x}}}', 'field not found, node: rul', 1, 22],
    ['http:\n  routers:\n', 'http cannot be a standalone element (type *dynamic.HTTPConfiguration)', 1, 1],
    ['http:\n  routers: {}', 'routers cannot be a standalone element (type map[string]*dynamic.Router)', 2, 3],
    [
      'http:\n  middlewares:\n    m:\n      retry: true',
      'retry cannot be a standalone element (type *dynamic.Retry)',
      4,
      7,
    ],
    ['http:\n  routers: {a: {rule: 2020-01-01}}', 'field rule uses unsupported type: struct', 2, 17],
    ['http: {routers: {a: {rule: [x, y]}}}', 'invalid node rule: text', 1, 22],
    ['http: {routers: {a: {entryPoints: [[x]]}}}', 'field entryPoints uses unsupported slice type: slice', 1, 36],
    ['http: {routers: {a: {entryPoints: [null]}}}', 'field entryPoints uses unsupported slice type: invalid', 1, 36],
    ['http: {routers: {a: {priority: x}}}', 'strconv.ParseInt: parsing "x": invalid syntax', 1, 22],
    [
      'http: {routers: {a: {priority: 9223372036854775808}}}',
      'strconv.ParseInt: parsing "9223372036854775808": value out of range',
      1,
      22,
    ],
    [
      'http: {routers: {a: {observability: {tracing: yes}}}}',
      'strconv.ParseBool: parsing "yes": invalid syntax',
      1,
      38,
    ],
    ['http: {routers: {a: {tls: [x]}}}', 'field not found, node: [0]', 1, 22],
    ['{"http": {}, "http": {}}', 'yaml: line 1: duplicated mapping key', 1, 15],
    ['http: {}\nhttp: {}', 'yaml: line 2: duplicated mapping key', 2, 1],
    ['- a', 'cannot unmarshal a list into a configuration', 1, 1],
    ['foo', 'cannot unmarshal a scalar into a configuration', 1, 1],
  ])('%s', (text, message, line, column) => {
    const { value, problems } = readDynamicText(text, 'yaml', 'f.yml')
    expect(value).toBeNull()
    expect(problems.map((problem) => problem.message)).toEqual([message])
    expect(problems[0]?.position).toEqual({ file: 'f.yml', line, column })
  })

  test('a hint names what was meant', () => {
    const { problems } = readDynamicText('http: {routers: {a: {entrypoint: x}}}', 'yaml', null)
    expect(problems[0]?.hint).toBe('did you mean "entryPoints"?')
  })

  test('an unknown section is only a warning', () => {
    const { value, problems } = readDynamicText('htpp: {}\nudp: {}', 'yaml', null)
    expect(value).toEqual({ udp: {} })
    expect(problems.map(({ severity, message, hint }) => [severity, message, hint])).toEqual([
      ['warning', 'unknown option "htpp" is ignored', 'did you mean "http"?'],
    ])
  })

  test('an alias bomb', () => {
    const lines = ['a0: &a0 [x,x,x,x,x,x,x,x,x,x]']
    for (let level = 1; level < 12; level++) {
      const alias = `*a${level - 1}`
      lines.push(`a${level}: &a${level} [${Array(10).fill(alias).join(', ')}]`)
    }
    const { value, problems } = readDynamicText(lines.join('\n'), 'yaml', null)
    expect(value).toBeNull()
    expect(problems[0]?.message).toBe('yaml: document contains excessive aliasing')
  })

  test.each([
    ['yaml', `http: ${'['.repeat(5000)}`],
    ['yaml', `{"http": ${'['.repeat(500)}${']'.repeat(500)}}`],
    ['yaml', 'a: &a {b: *a}'],
    ['toml', `a = ${'['.repeat(5000)}`],
  ] as const)('deep nesting in %s', (format, text) => {
    const { value, problems } = readDynamicText(text, format, null)
    expect(value).toBeNull()
    expect(problems).toHaveLength(1)
  })
})

describe('prototype names are ordinary names', () => {
  test.each([
    ['yaml', 'http: {routers: {__proto__: {rule: a}, constructor: {rule: b}}}'],
    ['yaml', '{"http": {"routers": {"__proto__": {"rule": "a"}, "constructor": {"rule": "b"}}}}'],
    ['toml', '[http.routers.__proto__]\nrule = "a"\n[http.routers.constructor]\nrule = "b"'],
  ] as const)('%s %s', (format, text) => {
    const { value, problems } = readDynamicText(text, format, null)
    expect(problems).toEqual([])
    expect(Object.entries(value?.http?.routers ?? {})).toEqual([
      ['__proto__', { rule: 'a' }],
      ['constructor', { rule: 'b' }],
    ])
    expect(({} as Record<string, unknown>).rule).toBeUndefined()
  })

  test('as options they are unknown', () => {
    const { problems } = readDynamicText('{"http": {"__proto__": {"x": 1}, "toString": 1}}', 'yaml', null)
    expect(problems.map((problem) => problem.message)).toEqual([
      'field not found, node: __proto__',
      'field not found, node: toString',
    ])
  })
})

describe('TOML', () => {
  test.each<[string, string, number, number]>([
    ['[http.routers.a]\nrule = "x"\nrul = 1', 'field not found, node: rul', 3, 1],
    ['[http.routers.a]\nrule = """\nrul = 1\n"""\n  "rul" = 1', 'field not found, node: rul', 5, 3],
    [
      '[[http.services.s.loadBalancer.servers]]\nurl="a"\n[[http.services.s.loadBalancer.servers]]\nurl="b"\nul="c"',
      'field not found, node: ul',
      5,
      1,
    ],
    ['[http.routers]\na = 2020-01-01', 'field not found, node: [0]', 2, 1],
    ['[http', 'toml: line 1: Invalid TOML document: incomplete key-value: cannot find end of key', 1, 2],
  ])('%s', (text, message, line, column) => {
    const { value, problems } = readDynamicText(text, 'toml', null)
    expect(value).toBeNull()
    expect(problems.map((problem) => problem.message)).toEqual([message])
    expect([problems[0]?.position?.line, problems[0]?.position?.column]).toEqual([line, column])
  })
})
