import { isGoFalse, isGoTrue } from '../../../../src/compiler/decode/scalar.ts'
import { labelConstraint, tagConstraint } from '../../../../src/compiler/discovery/constraints.ts'
import { createIpMatcher } from '../../../../src/http/ip.ts'
import { bufferingElement } from '../../../../src/middlewares/buffering/buffering.schema.ts'
import { circuitBreakerElement } from '../../../../src/middlewares/circuit-breaker/circuit-breaker.schema.ts'
import { formatDuration, parseDuration } from '../../../../src/schema/duration.ts'
import { PrepareError } from '../../../../src/schema/element.ts'
import { prepareStatusRanges } from '../../../../src/schema/status-ranges.ts'
import { mutated, several, sometimesMutated } from './mutations.mjs'
import { valueOr } from './refused.mjs'

/** An error that a reader throws for what is wrong, where it has no class of its own. */
class Refusal extends Error {}

function refusing(read) {
  try {
    return read()
  } catch (error) {
    throw error.constructor === Error ? new Refusal(error.message) : error
  }
}

const DIGITS = [
  '0',
  '1',
  '5',
  '10',
  '007',
  '1.5',
  '.5',
  '3.',
  '-1',
  '+2',
  '9223372036854775807',
  '0.000000001',
  '292',
  '1e3',
  '1_0',
  '٣',
  '123456789.987654321',
  '2562047',
  '99999999999999999999',
  '0.33333333333333333333333',
]
const UNITS = ['s', 'm', 'h', 'ms', 'us', 'µs', 'μs', 'ns', 'd', '', 'S', ' s']

export const duration = {
  inputOf: (random) =>
    sometimesMutated(
      random,
      0.2,
      random.pick(['', '', '-', '+']) + several(random, 1, 3, () => random.pick(DIGITS) + random.pick(UNITS)).join(''),
      [...UNITS, '.', '-', '+', ' ', '0'],
    ),
  own: (text) => valueOr([Refusal], () => refusing(() => formatDuration(parseDuration(text)))),
  /** Seconds that wrap around in Go. */
  isKnown: (text, own) => own.error !== undefined && /^[+-]?\d{11,}$/.test(text),
}

export const flag = {
  inputOf: (random) =>
    sometimesMutated(
      random,
      0.3,
      random.pick(['1', 't', 'T', 'TRUE', 'true', 'True', '0', 'f', 'F', 'FALSE', 'false', 'False', '', 'yes', 'tRUE']),
      ['t', ' ', '1', 'e'],
    ),
  own: (text) => (isGoTrue(text) ? { value: true } : isGoFalse(text) ? { value: false } : { error: 'none' }),
}

const ADDRESSES = [
  '10.0.0.1',
  '10.1.2.3',
  '127.0.0.1',
  '::1',
  'fd00::1',
  '::ffff:10.0.0.1',
  '::ffff:a00:1',
  '0.0.0.0',
  '255.255.255.255',
  '2001:db8::',
  'fe80::1',
  '2001:db8:0:0:0:0:0:1',
  '::',
  '1::',
  '::1.2.3.4',
  '1:2:3:4:5:6:7:8',
  '192.168.1.1',
]
const MASKS = [
  '',
  '',
  '/8',
  '/32',
  '/0',
  '/24',
  '/128',
  '/64',
  '/33',
  '/129',
  '/',
  '/08',
  '/-1',
  '/a',
  '/8/8',
  '/+8',
  '/96',
  '/97',
  '/104',
  '/ 8',
]

export const ranges = {
  inputOf: (random) => ({
    ranges: several(random, 1, 3, () =>
      sometimesMutated(random, 0.2, random.pick(ADDRESSES) + random.pick(MASKS), [
        '.',
        ':',
        '0',
        '::',
        '/',
        ' ',
        '%',
        'g',
        '٣',
        '256',
        'f',
        '01',
      ]),
    ),
    addresses: several(random, 1, 4, () =>
      sometimesMutated(random, 0.2, random.pick(ADDRESSES), ['.', ':', '0', '::', '/', ' ', '%eth0', '1']),
    ),
  }),
  own: ({ ranges, addresses }) =>
    valueOr([Refusal], () => {
      const matcher = refusing(() => createIpMatcher(ranges))
      return addresses.map((address) => matcher.contains(address))
    }),
}

export const statuses = {
  inputOf: (random) =>
    several(random, 0, 3, () =>
      sometimesMutated(
        random,
        0.2,
        random.pick([
          '404',
          '500-599',
          '200',
          '599-500',
          '1-2-3',
          '+1',
          '007',
          '-1',
          '',
          '400-',
          '0x10',
          '99999999999999999999',
        ]),
        ['-', '+', ' ', '0', '1'],
      ),
    ),
  own: (texts) => valueOr([PrepareError], () => prepareStatusRanges(texts).map((range) => [...range])),
  /** Nobody has such a status. */
  isKnown: (texts, _, theirs) =>
    (theirs.value === null && texts.length === 0) || texts.some((text) => /\d{15}/.test(text)),
}

const CALLS = {
  labels: () => [
    'Label(`a`, `x`)',
    'Label("b", "y")',
    'LabelRegex(`a`, `^x`)',
    'LabelRegex(`a`, `(`)',
    'Label(`a`)',
    'Label()',
    'Label(`none`, ``)',
    'LabelRegex(`b.c`, `.*`)',
  ],
  tags: () => ['Tag(`x`)', 'Tag("y")', 'TagRegex(`^x`)', 'TagRegex(`(`)', 'Tag(`a`, `b`)', 'Tag()', 'TagRegex(``)'],
}
const OPERATORS = ['&&', '||', ' && ', ' || ']
const CALL_PIECES = [
  '(',
  ')',
  '!',
  '&&',
  '||',
  ',',
  '`',
  '"',
  "'",
  ' ',
  '\n',
  '\\',
  '//',
  '/*',
  '1',
  'Foo(`a`)',
  '==',
  '-',
  '.',
  '\0',
  '\ufeff',
  'nil',
  '`a`',
  'label',
  'é',
]

const joined = (random, calls, depth) => {
  if (depth === 0 || random.chance(0.4)) return random.pick(calls)
  const inner = () => joined(random, calls, depth - 1)
  return random.pick([() => `!${inner()}`, () => `(${inner()})`, () => inner() + random.pick(OPERATORS) + inner()])()
}

export const constraint = {
  inputOf(random) {
    const kind = random.pick(['labels', 'tags'])
    const expression = random.chance(0.02)
      ? ''
      : sometimesMutated(random, 0.3, joined(random, CALLS[kind](), 3), CALL_PIECES)
    const labels = kind === 'labels' ? { a: random.pick(['x', 'xy', '']), 'b.c': 'z' } : null
    return { expression, labels, tags: random.some(['x', 'y', 'xz'], 0.5) }
  },
  own({ expression, labels, tags }) {
    const { accepts, error } = labels === null ? tagConstraint(expression) : labelConstraint(expression)
    if (accepts === null) return { error }
    return { value: accepts(labels ?? tags) }
  },
}

const METRICS = {
  cbreaker: [
    'NetworkErrorRatio()',
    'ResponseCodeRatio(500, 600, 0, 600)',
    'LatencyAtQuantileMS(50.0)',
    'LatencyAtQuantileMS(50)',
    'ResponseCodeRatio(1)',
    'NetworkErrorRatio',
    'ResponseCodeRatio(0x1F4, 600, 0, 0b11)',
  ],
  buffer: ['Attempts()', 'ResponseCode()', 'IsNetworkError()', 'RequestMethod()', 'Attempts(1)', 'ContentLength()'],
}
const COMPARED = [
  '0.5',
  '.5',
  '1',
  '100',
  '"GET"',
  '`GET`',
  "'a'",
  '0x1F',
  '1e3',
  '-1',
  '007',
  '08',
  '1_000',
  '0b1',
  '0o7',
  '0x1p4',
  '1.',
  '9223372036854775807',
  '9223372036854775808',
  '1i',
  '"\\x41"',
  '"\\q"',
  'true',
  'nil',
  '1e400',
  '"a\\nb"',
  '0_1',
  '"é"',
  '50.0',
  '2',
]

const PERIODS = { checkPeriod: '1s', fallbackDuration: '1s', recoveryDuration: '1s' }

export const predicate = {
  inputOf(random) {
    const of = random.pick(['cbreaker', 'buffer'])
    const calls = () => {
      const metric = random.pick(METRICS[of])
      if (random.chance(0.15)) return metric
      const compared = random.chance(0.05) ? random.pick(METRICS[of]) : random.pick(COMPARED)
      return metric + random.pick([' > ', ' < ', ' == ', ' != ', ' >= ', ' <= ', '>', ' + ', ' % ', ' = ']) + compared
    }
    const text = several(random, 1, 3, () =>
      random.chance(0.2) ? `(${calls()})` : random.chance(0.05) ? `!${calls()}` : calls(),
    ).join(random.pick([' && ', ' || ', '&&', ' &&\n']))
    return {
      of,
      expression: random.chance(0.25)
        ? mutated(random, text, [...CALL_PIECES, '_', '0', 'e', 'x', '<', '&^', '[', '}', ':'])
        : text,
    }
  },
  own: ({ of, expression }) =>
    valueOr([PrepareError], () => {
      if (of === 'buffer') bufferingElement.prepare({ retryExpression: expression })
      else circuitBreakerElement.prepare({ ...PERIODS, expression, responseCode: 503 })
      return 'accepted'
    }),
}
