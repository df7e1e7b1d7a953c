/**
 * JSON with comments and commas after the last item, as wrangler.jsonc is written. What is no JSON becomes blanks first,
 * so that positions in messages stay those of the file.
 * @throws SyntaxError
 */
export function parseJsonc(text: string): unknown {
  return JSON.parse(withoutTrailingCommas(withoutComments(text)))
}

/** A string, or a comment. */
const STRING_OR_COMMENT = /"(?:[^"\\\n]|\\.)*"|\/\/[^\n]*|\/\*[\s\S]*?\*\//g

/** A string, or a comma with nothing but a bracket behind it. */
const STRING_OR_LAST_COMMA = /"(?:[^"\\\n]|\\.)*"|,(?=\s*[}\]])/g

const blank = (found: string): string => (found.startsWith('"') ? found : found.replace(/[^\n]/g, ' '))

const withoutComments = (text: string): string => text.replace(STRING_OR_COMMENT, blank)

const withoutTrailingCommas = (text: string): string => text.replace(STRING_OR_LAST_COMMA, blank)
