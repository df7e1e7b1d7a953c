/** A byte string as part of a query, as Go's `url.QueryEscape` writes it: a space is `+`. */
export function queryEscape(text: string): string {
  return text.replace(/[^A-Za-z0-9\-_.~]/g, (char) => {
    if (char === ' ') return '+'
    return `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`
  })
}
