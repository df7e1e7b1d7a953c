import { expect, test } from 'vitest'
import { BytesBody } from '../../src/http/body.ts'
import { Fields } from '../../src/http/fields.ts'
import { MappedBody } from '../../src/http/mapped-body.ts'
import { replay } from '../../src/http/replay.ts'
import { ProxyRequest } from '../../src/http/request.ts'

const bytes = () => new BytesBody(new Uint8Array([1, 2, 3]))
const untold = () => new MappedBody(bytes(), { map: (chunk) => chunk, finish: () => new Uint8Array() })

test.each([
  ['measured', bytes, 3],
  ['measured', untold, 3],
  ['as-received', bytes, 3],
  ['as-received', untold, null],
] as const)('%s: the length of copies', async (lengthOfCopies, content, length) => {
  const request = new ProxyRequest('PUT', 'http', 'h', '/', new Fields(), content(), null, 'HTTP/1.1')
  const copies = await replay(request, 10, lengthOfCopies)
  for (let i = 0; i < 2; i++) {
    const copy = copies!().content!
    expect([copy.length, await copy.bytes(10)]).toEqual([length, new Uint8Array([1, 2, 3])])
  }
})

test('a copy leads redirections to what the client wrote', async () => {
  const request = new ProxyRequest('GET', 'http', 'a.test', '/', new Fields(), null, null, 'HTTP/1.1')
  request.replaceTarget('/p?a=b&c=d', '/p?a=b;c=d')
  const copies = await replay(request, 10)
  expect([copies!().target, copies!().writtenTarget]).toEqual(['/p?a=b&c=d', '/p?a=b;c=d'])
})
