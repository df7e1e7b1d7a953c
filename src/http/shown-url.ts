/** A server's URL as Go writes a parsed one: what the API shows, and what operators name it by. */
export const shownUrl = (url: string): string =>
  url.replace(/^[A-Za-z][A-Za-z0-9+.-]*:/, (scheme) => scheme.toLowerCase())
