import { octetsOf } from '../go-text.ts'
import { type Budget, CallError } from '../limits.ts'
import { quote } from '../quote.ts'
import { float, listOf, mapOf, type Value } from '../values.ts'

/** What comes of a text; where a number is too large, `null` stands for it and `fault` is Go's message. */
export interface JsonReading {
  readonly value: Value
  readonly fault: string | null
}

/** Go's `json.Unmarshal` into an `interface {}`; throws `CallError` with its message for what is no JSON. */
export function readJson(text: string, budget: Budget): JsonReading {
  budget.spend(text.length)
  return new Reader(text, budget).read()
}

const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y
/** What can't be followed by a blank. */
const UNFINISHED = /^(?!in string literal).*(?:literal|exponent|escape)/
const PLAIN = /[^"\\\0-\x1f]*/y
const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
}

class Reader {
  readonly #text: string
  readonly #budget: Budget
  #at = 0
  #fault: string | null = null

  constructor(text: string, budget: Budget) {
    this.#text = text
    this.#budget = budget
  }

  read(): JsonReading {
    const value = this.#value(0)
    this.#skipBlanks()
    if (this.#at < this.#text.length) this.#refuse('after top-level value')
    return { value, fault: this.#fault }
  }

  #refuse(where: string): never {
    const char = this.#text.slice(this.#at, this.#at + 2)
    // Go looks whether a blank could follow.
    if (char === '' && !UNFINISHED.test(where)) throw new CallError('unexpected end of JSON input')
    // It goes by octets, and takes the first of a character for one.
    const rune = String.fromCharCode(octetsOf(String.fromCodePoint(char.codePointAt(0) ?? 0x20))[0]!)
    const shown = rune === "'" ? `'\\''` : rune === '"' ? `'"'` : `'${quote(rune).slice(1, -1)}'`
    throw new CallError(`invalid character ${shown} ${where}`)
  }

  #skipBlanks(): void {
    while (/[ \t\r\n]/.test(this.#text[this.#at] ?? '')) this.#at++
  }

  #value(depth: number): Value {
    this.#budget.descend(depth)
    this.#skipBlanks()
    const char = this.#text[this.#at]
    switch (char) {
      case '{':
        return this.#object(depth)
      case '[':
        return this.#array(depth)
      case '"':
        return this.#string()
      case 't':
        return this.#word('true', true)
      case 'f':
        return this.#word('false', false)
      case 'n':
        return this.#word('null', null)
    }
    if (char === undefined || !/[-0-9]/.test(char)) return this.#refuse('looking for beginning of value')
    return this.#number()
  }

  #word(word: string, value: Value): Value {
    for (let at = 0; at < word.length; at++, this.#at++) {
      if (this.#text[this.#at] !== word[at]) this.#refuse(`in literal ${word} (expecting '${word[at]}')`)
    }
    return value
  }

  #number(): Value {
    NUMBER.lastIndex = this.#at
    const match = NUMBER.exec(this.#text)
    if (match === null) {
      this.#at++
      return this.#refuse('in numeric literal')
    }
    this.#at += match[0].length
    const next = this.#text[this.#at] ?? ''
    // The pattern takes as much as is a number: where it goes on, the next character is missing.
    if (next === '.' && !match[0].includes('.')) {
      this.#at++
      this.#refuse('after decimal point in numeric literal')
    }
    if (/[eE]/.test(next) && !/[eE]/.test(match[0])) {
      this.#at += /[+-]/.test(this.#text[this.#at + 1] ?? '') ? 2 : 1
      this.#refuse('in exponent of numeric literal')
    }
    const value = Number(match[0])
    if (Number.isFinite(value)) return float(value)
    this.#fault ??= `json: cannot unmarshal number ${match[0]} into Go value of type float64`
    return null
  }

  #string(): string {
    const text = this.#text
    let out = ''
    this.#at++
    for (;;) {
      PLAIN.lastIndex = this.#at
      const plain = PLAIN.exec(text)![0]
      out += plain
      this.#at += plain.length
      const char = text[this.#at]
      if (char === '"') {
        this.#at++
        return out.replace(/\p{Cs}/gu, '\ufffd')
      }
      if (char !== '\\') this.#refuse('in string literal')
      this.#at++
      out += this.#escape()
    }
  }

  #escape(): string {
    const char = this.#text[this.#at] ?? ''
    if (char !== 'u') {
      const known = ESCAPES[char]
      if (known === undefined) this.#refuse('in string escape code')
      this.#at++
      return known
    }
    this.#at++
    const start = this.#at
    while (this.#at < start + 4) {
      if (!/[0-9a-fA-F]/.test(this.#text[this.#at] ?? '')) this.#refuse('in \\u hexadecimal character escape')
      this.#at++
    }
    return String.fromCharCode(Number.parseInt(this.#text.slice(start, this.#at), 16))
  }

  #array(depth: number): Value {
    const items: Value[] = []
    this.#at++
    this.#skipBlanks()
    if (this.#text[this.#at] === ']') this.#at++
    else {
      do items.push(this.#value(depth + 1))
      while (this.#goesOn(']', 'after array element'))
    }
    this.#budget.elements(items.length)
    return listOf(items)
  }

  #object(depth: number): Value {
    const entries = new Map<string, Value>()
    this.#at++
    this.#skipBlanks()
    if (this.#text[this.#at] === '}') this.#at++
    else {
      do {
        this.#skipBlanks()
        if (this.#text[this.#at] !== '"') this.#refuse('looking for beginning of object key string')
        const key = this.#string()
        this.#skipBlanks()
        if (this.#text[this.#at] !== ':') this.#refuse('after object key')
        this.#at++
        entries.set(key, this.#value(depth + 1))
      } while (this.#goesOn('}', 'after object key:value pair'))
    }
    this.#budget.elements(entries.size)
    return mapOf(entries)
  }

  #goesOn(end: string, where: string): boolean {
    this.#skipBlanks()
    const char = this.#text[this.#at]
    if (char !== end && char !== ',') this.#refuse(where)
    this.#at++
    return char === ','
  }
}
