/** A part of a replacement: literal text, a group by number, or by name. */
export type TemplatePart = string | number | { readonly name: string }

/**
 * Reads a replacement as Go's `Regexp.Expand` does: `$1`, `$name`, `${name}`, `$$`. A bare name is the longest run of
 * letters, digits and `_`; a `$` that begins nothing stands for itself.
 */
export function parseTemplate(template: string): readonly TemplatePart[] {
  const parts: TemplatePart[] = []
  let literal = ''
  for (let at = 0; at < template.length; ) {
    const dollar = template.indexOf('$', at)
    if (dollar === -1) {
      literal += template.slice(at)
      break
    }
    literal += template.slice(at, dollar)
    REFERENCE.lastIndex = dollar + 1
    const match = REFERENCE.exec(template)
    if (match === null) {
      literal += '$'
      at = dollar + (template[dollar + 1] === '$' ? 2 : 1)
      continue
    }
    at = REFERENCE.lastIndex
    if (literal !== '') parts.push(literal)
    literal = ''
    const name = match[1] ?? match[2]!
    parts.push(/^(?:0|[1-9][0-9]{0,7})$/.test(name) ? Number(name) : { name })
  }
  if (literal !== '') parts.push(literal)
  return parts
}

const REFERENCE = /(?:\{([\p{L}\p{Nd}_]+)\}|([\p{L}\p{Nd}_]+))/uy
