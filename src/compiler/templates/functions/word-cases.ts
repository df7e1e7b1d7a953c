import { isLetter, isLower, isNumber, isSpace, isUpper, lowerRune, runesOf, titleRune, upperRune } from '../go-text.ts'

/** Go's `strings.Title`: the first letter of each word. */
export function titleCase(text: string): string {
  let before = ' '
  return runesOf(text)
    .map((rune) => {
      const starts = isSeparator(before)
      before = rune
      return starts ? titleRune(rune) : rune
    })
    .join('')
}

const isSeparator = (rune: string): boolean =>
  rune < '\x80' ? !/[0-9A-Za-z_]/.test(rune) : !/^[\p{L}\p{Nd}]$/u.test(rune) && isSpace(rune)

/** The first letter of each word made small. */
export function uncapitalize(text: string): string {
  let starts = true
  return runesOf(text)
    .map((rune) => {
      const changes = starts && !isSpace(rune)
      starts = isSpace(rune)
      return changes ? lowerRune(rune) : rune
    })
    .join('')
}

const isTitle = (rune: string): boolean => /^\p{Lt}$/u.test(rune)

/** Capitals become small letters, and the other way round. */
export function swapCase(text: string): string {
  let startsWord = true
  return runesOf(text)
    .map((rune) => {
      const starts = startsWord
      startsWord = false
      if (isUpper(rune) || isTitle(rune)) return lowerRune(rune)
      if (isLower(rune)) return starts ? titleRune(rune) : upperRune(rune)
      startsWord = isSpace(rune)
      return rune
    })
    .join('')
}

const isConnector = (rune: string): boolean => rune === '-' || rune === '_' || isSpace(rune)

/** Sprig's `camelcase` of that version: `http_server` is `httpServer` (`xstrings.ToCamelCase`). */
export function camelCase(text: string): string {
  const runes = runesOf(text)
  const start = runes.findIndex((rune) => !isConnector(rune))
  // Of connectors alone the last one is doubled there.
  if (start === -1) return runes.join('') + (runes.at(-1) ?? '')
  let out = runes.slice(0, start).join('')
  let current = lowerRune(runes[start]!)
  let inCapitals = isUpper(runes[start]!)
  if (start === runes.length - 1) return out + current
  for (const rune of runes.slice(start + 1)) {
    const before = current
    current = rune
    if (isConnector(rune) && isConnector(before)) {
      out += before
    } else if (isConnector(before)) {
      inCapitals = isUpper(rune)
      current = upperRune(rune)
    } else {
      if (inCapitals && isUpper(rune)) current = lowerRune(rune)
      else if (inCapitals) inCapitals = false
      out += before
    }
  }
  return out + (inCapitals ? lowerRune(current) : current)
}

/** What a run of characters is. */
type WordKind = 'none' | 'number' | 'upper' | 'letters' | 'connector' | 'punctuation' | 'other'

interface Word {
  readonly kind: WordKind
  readonly text: string
}

/** A letter that makes words with others: Chinese characters are none. */
const isAlphabet = (rune: string): boolean =>
  isLetter(rune) && !/^[\u3400-\u4d85\u4e00-\u9fcc\u{20000}-\u{2b81d}]$/u.test(rune)
const isPunctuation = (rune: string): boolean => /^\p{P}$/u.test(rune)

class Words {
  readonly #runes: readonly string[]
  #at = 0

  constructor(text: string) {
    this.#runes = runesOf(text)
  }

  get isOver(): boolean {
    return this.#at >= this.#runes.length
  }

  next(): Word {
    const first = this.#runes[this.#at]
    if (first === undefined) return { kind: 'none', text: '' }
    const start = this.#at++
    const kind = this.#rest(first)
    return { kind, text: this.#runes.slice(start, this.#at).join('') }
  }

  #while(fits: (rune: string) => boolean): void {
    while (this.#at < this.#runes.length && fits(this.#runes[this.#at]!)) this.#at++
  }

  /** Reads on to the end of the word. */
  #rest(first: string): WordKind {
    const small = (rune: string) => isAlphabet(rune) && !isUpper(rune)
    if (isConnector(first)) {
      this.#while(isConnector)
      return 'connector'
    }
    if (isPunctuation(first)) {
      this.#while(isPunctuation)
      return 'punctuation'
    }
    if (isUpper(first)) {
      const second = this.#runes[this.#at]
      if (second !== undefined && isUpper(second)) {
        this.#while(isUpper)
        // The last capital of several begins the word that follows: `HTTPServer`.
        if (!this.isOver && isAlphabet(this.#runes[this.#at]!)) this.#at--
      } else this.#while(small)
      return 'upper'
    }
    if (isAlphabet(first)) {
      this.#while(small)
      return 'letters'
    }
    if (isNumber(first)) {
      this.#while(isNumber)
      return 'number'
    }
    this.#while((rune) => !isConnector(rune) && !isAlphabet(rune) && !isNumber(rune) && !isPunctuation(rune))
    return 'other'
  }
}

/** Words in small letters with a connector between them (`xstrings.ToSnakeCase`, `ToKebabCase`). */
export function lowerCaseWords(text: string, connector: string): string {
  const words = new Words(text)
  let out = ''
  const write = ({ kind, text: word }: Word) => {
    if (kind !== 'upper' && kind !== 'connector') out += word
    else {
      for (const rune of runesOf(word)) out += isConnector(rune) ? connector : isUpper(rune) ? lowerRune(rune) : rune
    }
  }
  const breaks = ({ kind }: Word) => kind !== 'none' && kind !== 'connector' && kind !== 'punctuation'
  const sticks = ({ kind }: Word) => kind === 'letters' || kind === 'number'
  let word = words.next()
  while (!words.isOver) {
    if (word.kind !== 'connector') write(word)
    const before = word
    word = words.next()
    if (before.kind === 'connector') write(before)
    else if (before.kind === 'number') {
      while (sticks(word)) {
        write(word)
        word = words.next()
      }
      if (breaks(word)) out += connector
    } else if (before.kind !== 'punctuation') {
      if (word.kind !== 'number') {
        if (word.kind !== 'connector' && word.kind !== 'punctuation') out += connector
      } else if (!words.isOver) {
        const number = word
        word = words.next()
        if (word.kind !== 'letters') {
          write(number)
          if (word.kind !== 'connector' && word.kind !== 'punctuation') out += connector
        } else {
          out += connector
          write(number)
          while (sticks(word)) {
            write(word)
            word = words.next()
          }
          if (breaks(word)) out += connector
        }
      }
    }
  }
  write(word)
  return out
}
