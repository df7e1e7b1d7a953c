import { randomFillSync } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { factsOf, Guest, type GuestWorld } from '../../../../src/engine/wasm/guest.ts'
import type { GuestRequest, GuestResponse } from '../../../../src/engine/wasm/guest-exchange.ts'
import { withMemoryLimit } from '../../../../src/engine/wasm/memory-limit.ts'
import {
  Assembler,
  digit,
  done,
  drop,
  go,
  grow,
  high,
  i32,
  load,
  low,
  type Step,
  storeAt,
  trap,
} from '../../../support/wasm-assembler.ts'

const bytes = (text: string) => new TextEncoder().encode(text)
const text = (content: Uint8Array) => new TextDecoder().decode(content)

const REQUEST: GuestRequest = {
  method: 'GET',
  target: '/a?b=1',
  version: 'HTTP/1.1',
  source: '192.0.2.1:4711',
  authority: 'host.example',
  lines: ['X-B', '1', 'Accept', 'x', 'x-b', '2', 'Transfer-Encoding', 'chunked'],
  content: bytes('content'),
}

const RESPONSE: GuestResponse = { status: 200, lines: ['X-Of', 'next'], content: bytes('answer'), isError: false }

const said: string[] = []
const world: GuestWorld = {
  config: '{"a":"é"}',
  missing: 0,
  environment: [bytes('A=1')],
  clock: { date: () => 1_700_000_000_000, now: () => 5 },
  random: (into) => void randomFillSync(into),
  log: (level, message) => void said.push(`${level} ${message}`),
  print: (stream, line) => void said.push(`${stream} ${line}`),
}

function guestOf(assembler: Assembler, more: Partial<GuestWorld> = {}): Guest {
  said.length = 0
  const module = new WebAssembly.Module(assembler.bytes())
  factsOf(module)
  return new Guest(module, { ...world, ...more })
}

const a = () => new Assembler()

/** A guest that answers with what a call has put into memory at 0; a length is what the call returns. */
const echo = (call: (asm: Assembler) => Step, toLength: Step = []): Guest => {
  const asm = a()
  const got = call(asm)
  return guestOf(
    asm.handleRequest(storeAt(900, [...got, ...toLength]), asm.call('write_body', 1, 0, load(900)), done()),
  )
}

describe('what a guest may read', () => {
  test.each<[string, (asm: Assembler) => Step, string, Step?]>([
    ['method', (asm) => asm.call('get_method', 0, 100), 'GET'],
    ['target', (asm) => asm.call('get_uri', 0, 100), '/a?b=1'],
    ['version', (asm) => asm.call('get_protocol_version', 0, 100), 'HTTP/1.1'],
    ['client', (asm) => asm.call('get_source_addr', 0, 100), '192.0.2.1:4711'],
    ['options', (asm) => asm.call('get_config', 0, 100), '{"a":"é"}'],
    ['names, sorted, with Host', (asm) => asm.call('get_header_names', 0, 0, 100), 'accept\0host\0x-b\0', low],
    ['values', (asm) => asm.call('get_header_values', 0, 'X-B', 0, 100), '1\x002\0', low],
    ['Host', (asm) => asm.call('get_header_values', 0, 'HOST', 0, 100), 'host.example\0', low],
    ['none', (asm) => asm.call('get_header_values', 0, 'X-C', 0, 100), '', low],
    ['framing', (asm) => asm.call('get_header_values', 0, 'transfer-encoding', 0, 100), '', low],
    ['content', (asm) => asm.call('read_body', 0, 0, 100), 'content', low],
  ])('%s', (_, call, expected, toLength = []) => {
    expect(text(echo(call, toLength).handleRequest(REQUEST).answer.content)).toBe(expected)
  })

  test('how many there are', () => {
    const asm = a()
    const names = digit([...asm.call('get_header_names', 0, 0, 100), ...high])
    const guest = guestOf(asm.handleRequest(storeAt(0, names), asm.call('write_body', 1, 0, 1), done()))
    expect(text(guest.handleRequest(REQUEST).answer.content)).toBe('3')
  })

  test('what is longer than the limit is told by its length, and nothing of it is written', () => {
    const asm = a()
    const guest = guestOf(
      asm.handleRequest(
        storeAt(0, digit(asm.call('get_uri', 500, 5))),
        storeAt(4, load(500)),
        asm.call('write_body', 1, 0, 8),
        done(),
      ),
    )
    expect(text(guest.handleRequest(REQUEST).answer.content)).toBe('6\0\0\0\0\0\0\0')
  })

  test('content comes in pieces, with its end', () => {
    const asm = a()
    const read = (at: number) => [
      ...storeAt(at, digit([...asm.call('read_body', 0, 500, 4), ...low])),
      ...storeAt(at + 4, digit([...asm.call('read_body', 0, 500, 4), ...high])),
    ]
    const guest = guestOf(asm.handleRequest(read(0), asm.call('write_body', 1, 0, 8), done()))
    expect(text(guest.handleRequest(REQUEST).answer.content).replaceAll('\0', '')).toBe('41')
  })
})

describe('what a guest may change', () => {
  test('a request, and what of an answer is set before', () => {
    const asm = a()
    const guest = guestOf(
      asm.handleRequest(
        asm.call('set_method', 'PUT'),
        asm.call('set_uri', '/c d?e'),
        asm.call('set_header_value', 0, 'x-B', 'set'),
        asm.call('add_header_value', 0, 'X-B', ' added '),
        asm.call('remove_header', 0, 'ACCEPT'),
        asm.call('set_header_value', 0, 'Host', 'other'),
        asm.call('write_body', 0, 'of '),
        asm.call('write_body', 0, 'guest'),
        asm.call('set_header_value', 1, 'X-A', 'a\r\nb'),
        asm.call('set_header_value', 1, 'no name', 'dropped'),
        go(7),
      ),
    )
    const { next, method, target, lines, content, answer } = guest.handleRequest(REQUEST)
    expect({ next, method, target, lines, content: text(content!) }).toEqual({
      next: { context: 7 },
      method: 'PUT',
      target: '/c%20d?e',
      lines: ['x-B', 'set', 'Transfer-Encoding', 'chunked', 'X-B', 'added'],
      content: 'of guest',
    })
    expect(answer).toMatchObject({ status: 0, lines: ['X-A', 'a  b'], isCommitted: false })
  })

  test('without buffering, status and first content settle the fields', () => {
    const asm = a()
    const guest = guestOf(
      asm.handleRequest(
        asm.call('set_header_value', 1, 'A', '1'),
        asm.call('set_status_code', 418),
        asm.call('set_header_value', 1, 'B', '1'),
        asm.call('set_status_code', 200),
        asm.call('write_body', 1, 'x'),
        done(),
      ),
    )
    const { next, answer } = guest.handleRequest(REQUEST)
    expect(next).toBe(null)
    expect(answer).toMatchObject({ status: 418, lines: ['A', '1'], isCommitted: true, content: bytes('x') })
  })

  test('with it, an answer of the next handler', () => {
    const asm = a()
    const guest = guestOf(
      asm
        .handleRequest(asm.call('enable_features', 2), drop, go())
        .handleResponse(
          asm.call('read_body', 1, 0, 3),
          drop,
          asm.call('set_status_code', 203),
          asm.call('set_header_value', 1, 'X-Of', 'guest'),
          asm.call('write_body', 1, 0, 3),
          asm.call('set_header_value', 3, 'X-Trailer', 't'),
        ),
    )
    expect(guest.handleRequest(REQUEST)).toMatchObject({ features: 2 })
    expect(guest.handleResponse(0, RESPONSE)).toMatchObject({
      status: 203,
      lines: ['X-Of', 'guest'],
      content: bytes('ans'),
      trailers: ['X-Trailer', 't'],
    })
  })

  test('features that are switched on at the start hold for every exchange, others for one', () => {
    const asm = a()
    const once = asm.call('enable_features', 1)
    const guest = guestOf(
      asm.define('_start', ':', asm.call('enable_features', 2), drop).handleRequest(once, drop, go()),
    )
    expect(guest.features).toBe(2)
    expect(guest.handleRequest(REQUEST).features).toBe(3)
    expect(guest.features).toBe(2)
  })

  test('memory stays from one exchange to the next', () => {
    const asm = a()
    const guest = guestOf(asm.handleRequest(storeAt(0, digit(asm.count())), asm.call('write_body', 1, 0, 1), done()))
    const ask = () => text(guest.handleRequest(REQUEST).answer.content)
    expect([ask(), ask(), ask()]).toEqual(['1', '2', '3'])
  })
})

describe('what ends a call', () => {
  const inRequest: [string, (asm: Assembler) => Step, RegExp][] = [
    ['a trap', () => trap, /unreachable/],
    ['no method', (asm) => asm.call('set_method', ''), /HTTP method cannot be empty/],
    ['a method that is none', (asm) => asm.call('set_method', 'A B'), /invalid method "A B"/],
    ['no name', (asm) => asm.call('set_header_value', 0, '', 'x'), /header name cannot be empty/],
    ['a name that is none', (asm) => asm.call('set_header_value', 0, 'a b', 'x'), /invalid header field name/],
    [
      'a line end in a request',
      (asm) => asm.call('add_header_value', 0, 'a', 'x\r\ny: z'),
      /invalid header field value/,
    ],
    ['a kind that is none', (asm) => asm.call('remove_header', 9, 'a'), /unsupported header kind: 9/],
    ['content of no kind', (asm) => asm.call('write_body', 2, 'a'), /unsupported body kind: 2/],
    ['a place outside', (asm) => asm.call('write_body', 0, -8, 100), /out of memory reading body/],
    ['nothing to read into', (asm) => [...asm.call('read_body', 0, 0, 0), ...drop], /buf_limit==0/],
    ['a target without a slash', (asm) => asm.call('set_uri', 'a'), /invalid URI for request/],
    ['a broken escape', (asm) => asm.call('set_uri', '/%2'), /invalid URL escape "%2"/],
    ['a control character', (asm) => asm.call('set_uri', '/\n'), /invalid control character/],
    ['a status that is not final', (asm) => asm.call('set_status_code', 103), /invalid status code 103/],
    ['a status that nobody holds back', (asm) => [...asm.call('get_status_code'), ...drop], /unless buffer_response/],
    ['its own end', (asm) => asm.call('wasi.proc_exit', 3), /exit_code\(3\)/],
  ]
  test.each(inRequest)('%s', (_, call, message) => {
    const asm = a()
    const guest = guestOf(asm.handleRequest(call(asm), go()))
    expect(() => guest.handleRequest(REQUEST)).toThrow(message)
    expect(guest.isBroken).toBe(true)
  })

  const inResponse: [string, (asm: Assembler) => Step, RegExp][] = [
    [
      'a change of the request',
      (asm) => asm.call('set_header_value', 0, 'a', 'b'),
      /can't set request header after next/,
    ],
    ['its method', (asm) => asm.call('set_method', 'A'), /can't set method after next handler/],
    ['its content', (asm) => asm.call('write_body', 0, 'a'), /can't write request body after next/],
    ['a field', (asm) => asm.call('remove_header', 1, 'a'), /remove response header.*unless buffer_response/],
    [
      'content to read',
      (asm) => [...asm.call('read_body', 1, 0, 1), ...drop],
      /read response body.*unless buffer_response/,
    ],
    ['content to write', (asm) => asm.call('write_body', 1, 'a'), /write response body.*unless buffer_response/],
    ['a status', (asm) => asm.call('set_status_code', 200), /set status code.*unless buffer_response/],
  ]
  test.each(inResponse)('after the next handler, without buffering: %s', (_, call, message) => {
    const asm = a()
    const guest = guestOf(asm.handleRequest(go()).handleResponse(call(asm)))
    guest.handleRequest(REQUEST)
    expect(() => guest.handleResponse(0, RESPONSE)).toThrow(message)
  })

  test('content that was not read, as its length is not known', () => {
    const asm = a()
    const guest = guestOf(asm.handleRequest(asm.call('read_body', 0, 0, 9), drop, go()))
    expect(() => guest.handleRequest({ ...REQUEST, content: null })).toThrow(/buffer_request wasn't enabled/)
  })

  test('trailers, where there are none', () => {
    const asm = a()
    const features = asm.call('enable_features', 6)
    const guest = guestOf(asm.handleRequest(features, drop, asm.call('set_header_value', 3, 'a', 'b'), go()), {
      missing: 4,
    })
    expect(() => guest.handleRequest(REQUEST)).toThrow('trailers are not supported')
  })

  test('a start that traps, or that ends with an error', () => {
    expect(() => guestOf(a().define('_initialize', ':', trap))).toThrow(/unreachable/)
    const asm = a()
    expect(() => guestOf(asm.define('_start', ':', asm.call('wasi.proc_exit', 2)))).toThrow('exit_code(2)')
  })

  test('a guest whose start has ended it without an error can not be asked', () => {
    const asm = a()
    const guest = guestOf(asm.define('_start', ':', asm.call('wasi.proc_exit', 0)))
    expect(() => guest.handleRequest(REQUEST)).toThrow('exit_code(0)')
  })
})

describe('modules that are no handlers', () => {
  test('nothing at all, and guests of another host', () => {
    const empty = new WebAssembly.Module(Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]))
    expect(() => factsOf(empty)).toThrow("doesn't export func[handle_request]")
    const asm = a()
    const other = new WebAssembly.Module(asm.handleRequest(asm.call('env.abort'), drop, go()).bytes())
    expect(() => factsOf(other)).toThrow('imports what is not here: env.abort')
  })

  test('a module says whether it wants to read content', () => {
    const asm = a()
    const reads = asm.handleRequest(asm.call('read_body', 0, 0, 1), drop, go())
    expect(factsOf(new WebAssembly.Module(reads.bytes()))).toEqual({ readsContent: true })
    expect(factsOf(new WebAssembly.Module(a().bytes()))).toEqual({ readsContent: false })
  })
})

describe('WASI', () => {
  test('messages and standard streams are told, line by line', () => {
    const asm = a()
    const levels = [-1, 0, 1, 2, 3].flatMap((level) => asm.call('log', level, `l${level}`))
    // A vector at 0: where the text is, and how long.
    const written = (fd: number, at: number, length: number) => [
      ...storeAt(0, i32(at)),
      ...storeAt(4, i32(length)),
      ...asm.call('wasi.fd_write', fd, 0, 1, 8),
      ...drop,
    ]
    const guest = guestOf(
      asm.handleRequest(
        levels,
        storeAt(20, i32(0x0a620a61)),
        written(1, 20, 3),
        written(1, 23, 1),
        written(2, 20, 2),
        go(),
      ),
    )
    guest.handleRequest(REQUEST)
    expect(said).toEqual(['debug l-1', 'info l0', 'warn l1', 'error l2', 'error l3', 'output a', 'output b', 'error a'])
  })

  test('the environment, the clock and randomness', () => {
    const asm = a()
    const guest = guestOf(
      asm.handleRequest(
        asm.call('wasi.environ_get', 0, 100),
        drop,
        asm.call('wasi.clock_time_get', 0, 0n, 200),
        drop,
        asm.call('wasi.random_get', 300, 16),
        drop,
        asm.call('write_body', 1, 0, 316),
        done(),
      ),
    )
    const { content } = guest.handleRequest(REQUEST).answer
    const view = new DataView(content.slice().buffer)
    expect(view.getUint32(0, true)).toBe(100)
    expect(text(content.subarray(100, 104))).toBe('A=1\0')
    expect(view.getBigUint64(200, true)).toBe(1_700_000_000_000_000_000n)
    expect(content.subarray(300).some((byte) => byte !== 0)).toBe(true)
  })

  test.each([
    ['wasi.fd_prestat_get', 8],
    ['wasi.sock_accept', 52],
  ] as const)('%s says that there is none', (name, error) => {
    const asm = a()
    const args = name === 'wasi.sock_accept' ? [0, 0, 0] : [3, 0]
    const guest = guestOf(
      asm.handleRequest(storeAt(0, asm.call(name, ...args)), asm.call('write_body', 1, 0, 1), done()),
    )
    expect(guest.handleRequest(REQUEST).answer.content[0]).toBe(error)
  })
})

describe('the memory of a guest', () => {
  const grown = (code: Uint8Array<ArrayBuffer>, pages: number) => {
    const limited = withMemoryLimit(code, pages * 65536)
    const guest = new Guest(new WebAssembly.Module(limited), world)
    return new DataView(guest.handleRequest(REQUEST).answer.content.slice().buffer).getInt32(0, true)
  }
  const growing = (memory: readonly [number, number?]) => {
    const asm = a()
    asm.memory = memory
    return asm.handleRequest(storeAt(0, grow(3)), asm.call('write_body', 1, 0, 4), done()).bytes()
  }

  test.each<[string, readonly [number, number?], number, number]>([
    ['without a limit of its own, up to ours', [1], 4, 1],
    ['and no more', [1], 3, -1],
    ['with one of its own that is less', [1, 2], 300, -1],
    ['with one of its own that is more', [1, 60000], 3, -1],
    ['that is enough', [1, 4], 300, 1],
  ])('%s', (_, memory, limit, result) => {
    expect(grown(growing(memory), limit)).toBe(result)
  })

  test('what needs more from the start is refused, and so is what is no module', () => {
    expect(() => withMemoryLimit(growing([5]), 4 * 65536)).toThrow(/needs 327680 bytes of memory, and may have 262144/)
    expect(() => withMemoryLimit(bytes('not a module'), 65536)).toThrow('this is no module')
  })
})
