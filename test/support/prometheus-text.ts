/** Numbers by family, then by labels as they stand in the text. */
export type Scraped = Readonly<Record<string, Readonly<Record<string, number>>>>

/** Reads Prometheus' text format strictly: every series has a type before it, and comes once. */
export function parseExposition(text: string): Scraped {
  const types = new Map<string, string>()
  const found: Record<string, Record<string, number>> = {}
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('# HELP ')) continue
    const type = /^# TYPE (\S+) (counter|gauge|histogram|summary|untyped)$/.exec(line)
    if (type !== null) {
      if (types.has(type[1]!)) throw new Error(`a second type: ${line}`)
      types.set(type[1]!, type[2]!)
      continue
    }
    const match = /^([a-zA-Z_:][\w:]*)(\{(?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\["\\n])*",?)*\})? (\S+)$/.exec(line)
    if (match === null) throw new Error(`no series: ${line}`)
    const [, name = '', labels = '', value = ''] = match
    const family = types.has(name) ? name : name.replace(/_(?:bucket|sum|count)$/, '')
    if (!types.has(family)) throw new Error(`a series without a type: ${line}`)
    const series = found[name] ?? {}
    found[name] = series
    if (Object.hasOwn(series, labels)) throw new Error(`twice: ${line}`)
    series[labels] = value === '+Inf' ? Number.POSITIVE_INFINITY : Number(value)
  }
  return found
}
