/** Strict readers of the lines that metrics are sent in: what is not exactly as its protocol says throws. */

export interface StatsdMetric {
  readonly name: string
  readonly value: number
  readonly type: string
  readonly rate: number
  readonly tags: Readonly<Record<string, string>>
}

/** One line of StatsD, or of DogStatsD where tags are allowed. */
export function parseStatsd(line: string, hasTags: boolean): StatsdMetric {
  const match =
    /^([A-Za-z][\w.]*):(-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)\|(c|g|ms|h)(?:\|@(0\.\d+|1))?(?:\|#([^|\n]+))?$/.exec(line)
  if (match === null) throw new Error(`no line of StatsD: ${line}`)
  const [, name = '', value, type = '', rate = '1', tagText] = match
  if (tagText !== undefined && !hasTags) throw new Error(`StatsD knows no tags: ${line}`)
  const tags: Record<string, string> = {}
  for (const tag of tagText?.split(',') ?? []) {
    const colon = tag.indexOf(':')
    if (colon <= 0) throw new Error(`no tag: ${tag}`)
    tags[tag.slice(0, colon)] = tag.slice(colon + 1)
  }
  return { name, value: Number(value), type, rate: Number(rate), tags }
}

export interface InfluxPoint {
  readonly measurement: string
  readonly tags: Readonly<Record<string, string>>
  readonly fields: Readonly<Record<string, number>>
  /** Nanoseconds. */
  readonly time: bigint
}

/** One line of InfluxDB's line protocol with number fields. */
export function parseInflux(line: string): InfluxPoint {
  const parts = splitUnescaped(line, ' ')
  if (parts.length !== 3) throw new Error(`not three parts: ${line}`)
  const [head = '', fieldText = '', time = ''] = parts
  if (!/^\d{19}$/.test(time)) throw new Error(`no time in nanoseconds: ${line}`)
  const [measurement = '', ...tagTexts] = splitUnescaped(head, ',')
  const pairs = (texts: readonly string[]) =>
    texts.map((text) => {
      const [key = '', value = '', ...more] = splitUnescaped(text, '=')
      if (key === '' || value === '' || more.length > 0) throw new Error(`no pair: ${text}`)
      return [unescaped(key), unescaped(value)] as const
    })
  const fields = pairs(fieldText.split(','))
  for (const [, value] of fields) if (!/^-?\d+(\.\d+)?(e[+-]?\d+)?$/.test(value)) throw new Error(`no number: ${value}`)
  return {
    measurement: unescaped(measurement),
    tags: Object.fromEntries(pairs(tagTexts)),
    fields: Object.fromEntries(fields.map(([key, value]) => [key, Number(value)])),
    time: BigInt(time),
  }
}

function splitUnescaped(text: string, separator: string): string[] {
  const parts = ['']
  for (let i = 0; i < text.length; i++) {
    if (text[i] === separator) parts.push('')
    else if (text[i] === '\n') throw new Error('a line has no new line in it')
    else parts.push(`${parts.pop()}${text[i] === '\\' ? text.slice(i, ++i + 1) : text[i]}`)
  }
  return parts
}

const unescaped = (text: string): string => text.replace(/\\(.)/g, '$1')
