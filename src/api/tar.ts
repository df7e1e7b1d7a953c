const BLOCK = 512

/** A file of an archive: its name is ASCII of at most 100 characters. */
export interface ArchivedFile {
  readonly name: string
  readonly content: readonly Uint8Array[]
}

/** An archive in the format `ustar` (POSIX.1-2017, pax) in pieces. */
export function* tar(files: readonly ArchivedFile[], modified: Date): Generator<Uint8Array> {
  for (const { name, content } of files) {
    const size = content.reduce((sum, { length }) => sum + length, 0)
    yield header(name, size, modified)
    yield* content
    const rest = size % BLOCK
    if (rest > 0) yield new Uint8Array(BLOCK - rest)
  }
  yield new Uint8Array(2 * BLOCK)
}

function header(name: string, size: number, modified: Date): Uint8Array<ArrayBuffer> {
  const block = new Uint8Array(BLOCK)
  const put = (text: string, at: number) => {
    for (let i = 0; i < text.length; i++) block[at + i] = text.charCodeAt(i)
  }
  const octal = (value: number, digits: number) => value.toString(8).padStart(digits, '0')
  put(name, 0)
  put(octal(0o600, 7), 100)
  put(octal(0, 7), 108)
  put(octal(0, 7), 116)
  put(octal(size, 11), 124)
  put(octal(Math.floor(modified.getTime() / 1000), 11), 136)
  // The sum is taken with blanks in its own place.
  put(' '.repeat(8), 148)
  put('0', 156)
  put('ustar\x0000', 257)
  put(
    `${octal(
      block.reduce((sum, octet) => sum + octet, 0),
      6,
    )}\0 `,
    148,
  )
  return block
}
