/** What a server answers, and what of it a client gets: the same from every engine. */
export interface OutgoingCase {
  readonly name: string
  readonly method: string
  /** The server's whole answer. */
  readonly answer: string
  readonly status: number
  readonly content: string
  /** Of the field Content-Length; null: there is none. Absent: it does not matter. */
  readonly length?: string | null
}

const answer = (line: string, fields = '', content = '') => `HTTP/1.1 ${line}\r\n${fields}\r\n${content}`

export const outgoingCases: readonly OutgoingCase[] = [
  { name: '200', method: 'GET', answer: answer('200 OK', 'Content-Length: 2\r\n', 'ok'), status: 200, content: 'ok' },
  {
    name: '205 with content',
    method: 'GET',
    answer: answer('205 Reset Content', 'Content-Length: 2\r\n', 'no'),
    status: 205,
    content: '',
  },
  {
    name: '205 with chunked content',
    method: 'POST',
    answer: answer('205 Reset Content', 'Transfer-Encoding: chunked\r\n', '2\r\nno\r\n0\r\n\r\n'),
    status: 205,
    content: '',
  },
  { name: '204', method: 'GET', answer: answer('204 No Content'), status: 204, content: '', length: null },
  { name: '304', method: 'GET', answer: answer('304 Not Modified', 'ETag: "a"\r\n'), status: 304, content: '' },
  {
    name: 'HEAD',
    method: 'HEAD',
    answer: answer('200 OK', 'Content-Length: 1234\r\n'),
    status: 200,
    content: '',
    length: '1234',
  },
  {
    name: 'HEAD without a length',
    method: 'HEAD',
    answer: answer('404 Not Found'),
    status: 404,
    content: '',
    length: null,
  },
]
