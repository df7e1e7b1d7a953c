/** A text without its template comments, and how places in it lead back to the source. */
export interface TemplateText {
  readonly text: string
  /** Offset in the source of the first action that is left; null: there is none. */
  readonly action: number | null
  /** From a line and column in `text` to those in the source; all count from 1. */
  readonly place: (at: LineAndColumn) => LineAndColumn
}

interface LineAndColumn {
  readonly line: number
  readonly column: number
}

interface Gap {
  /** Offset in the resulting text. */
  readonly at: number
  readonly length: number
}

/**
 * A comment of Go's templates with its marks for trimming, which take the blanks beside it too (Go
 * `text/template/parse`).
 */
const COMMENT = /(?:[ \t\r\n]*\{\{- |\{\{)\/\*(?:[^*]|\*(?!\/))*\*\/(?: -\}\}[ \t\r\n]*|\}\})/y

/** An action that gives a text on one line, whatever the text is: `{{ env "NAME" | default "x" }}`, `{{ "{{" }}`. */
const TEXT = /"[^"\\\n]*"|`[^`\n]*`/.source
const ONE_LINE = new RegExp(
  `\\{\\{[ \\t]*(?:(?:env|expandenv)[ \\t]+)?(?:${TEXT})(?:[ \\t]*\\|[ \\t]*(?:default[ \\t]+(?:${TEXT})|s?quote|upper|lower|trim))*[ \\t]*\\}\\}`,
  'y',
)

/** So many actions are looked at one by one; in a file with more, the first one is blamed. */
const MAX_SINGLE = 50

/**
 * Does what Go's templates do to a text where that takes no template engine: comments go, and actions within comments
 * of the file's own language are left standing there, as whatever one line they give is part of the comment.
 * @param meaning of a text: equal for texts that say the same
 */
export function withoutTemplates(source: string, meaning: (text: string) => string): TemplateText {
  if (!source.includes('{{')) return { text: source, action: null, place: (at) => at }
  const { text, gaps } = withoutComments(source)
  const place = (at: LineAndColumn) => lineAndColumn(source, sourceOffset(gaps, offsetOf(text, at)))
  const action = firstAction(text, meaning)
  return { text, action: action === null ? null : sourceOffset(gaps, action), place }
}

function withoutComments(source: string): { text: string; gaps: readonly Gap[] } {
  const gaps: Gap[] = []
  let text = ''
  let from = 0
  for (let at = source.indexOf('{{'); at !== -1; at = source.indexOf('{{', at)) {
    // The left mark takes the blanks before it.
    const start = source.startsWith('{{- ', at) ? source.slice(from, at).trimEnd().length + from : at
    COMMENT.lastIndex = start
    if (!COMMENT.test(source)) {
      at += 2
      continue
    }
    at = COMMENT.lastIndex
    text += source.slice(from, start)
    gaps.push({ at: text.length, length: at - start })
    from = at
  }
  return { text: text + source.slice(from), gaps }
}

/** Offset of the first action that is no part of a comment; null where all are. */
function firstAction(text: string, meaning: (text: string) => string): number | null {
  const actions: { start: number; end: number }[] = []
  for (let start = text.indexOf('{{'); start !== -1; ) {
    ONE_LINE.lastIndex = start
    if (!ONE_LINE.test(text)) return start
    actions.push({ start, end: ONE_LINE.lastIndex })
    start = text.indexOf('{{', ONE_LINE.lastIndex)
  }
  if (actions.length === 0) return null
  const given = (result: (at: number) => string): string => {
    let from = 0
    const parts = actions.map(({ start, end }, at) => {
      const part = text.slice(from, start) + result(at)
      from = end
      return part
    })
    return meaning(parts.join('') + text.slice(from))
  }
  const nothing = given(() => '')
  if (given(() => 'x') === nothing) return null
  const single = actions
    .slice(0, MAX_SINGLE)
    .findIndex((_, wanted) => given((at) => (at === wanted ? 'x' : '')) !== nothing)
  return actions[Math.max(single, 0)]!.start
}

const sourceOffset = (gaps: readonly Gap[], offset: number): number =>
  gaps.reduce((sum, { at, length }) => (at <= offset ? sum + length : sum), offset)

function offsetOf(text: string, { line, column }: LineAndColumn): number {
  let start = 0
  for (let at = 1; at < line; at++) start = text.indexOf('\n', start) + 1
  return start + column - 1
}

/** Both count from 1. */
export function lineAndColumn(text: string, offset: number): LineAndColumn {
  const before = text.slice(0, offset)
  return { line: before.split('\n').length, column: offset - before.lastIndexOf('\n') }
}
