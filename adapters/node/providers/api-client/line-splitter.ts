const LINE_FEED = 0x0a
/** Pieces of one line that are held side by side before they are put together. */
const MOST_PIECES = 1024

/** Cuts octets into lines of UTF-8 text, of which each may have a limited number of octets. */
export class LineSplitter {
  readonly #maxBytes: number
  #pieces: Uint8Array[] = []
  #length = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** The lines that end in this chunk, without their ends. @throws Error for one that is too long */
  *take(chunk: Uint8Array): Generator<string> {
    let start = 0
    for (let end = chunk.indexOf(LINE_FEED); end !== -1; end = chunk.indexOf(LINE_FEED, start)) {
      this.#add(chunk.subarray(start, end))
      start = end + 1
      yield this.#line()
    }
    if (start < chunk.length) this.#add(chunk.subarray(start))
  }

  /** What came after the last end of a line; empty: nothing. */
  rest(): string {
    return this.#line()
  }

  #add(piece: Uint8Array): void {
    this.#length += piece.length
    if (this.#length > this.#maxBytes) throw new Error(`a line has more than ${this.#maxBytes} bytes`)
    this.#pieces.push(piece)
    if (this.#pieces.length > MOST_PIECES) this.#pieces = [Buffer.concat(this.#pieces)]
  }

  #line(): string {
    const text = Buffer.concat(this.#pieces).toString('utf8')
    this.#pieces = []
    this.#length = 0
    return text.endsWith('\r') ? text.slice(0, -1) : text
  }
}
