/** An element of an answer in XML: its elements in their order, and its text. */
export interface XmlElement {
  readonly name: string
  readonly children: readonly XmlElement[]
  readonly text: string
  /** Its attributes as they are written. */
  readonly written: string
}

const MAX_DEPTH = 32

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }

/** A tag, a declaration or a comment, with what stands before it. */
const TOKEN = /([^<]*)<(?:\?[^>]*\?|!--[\s\S]*?--|(\/?)([A-Za-z_][\w.:-]*)((?:\s[^>]*?)?)(\/?))>/gy

/**
 * Reads XML as the APIs of Amazon write it: elements and text. Document types are refused, as nobody there has any and
 * they could blow up. Null: it is no XML, or none that is whole.
 */
export const parseXml = (source: string): XmlElement | null => {
  const open: { name: string; children: XmlElement[]; text: string; written: string }[] = [
    { name: '', children: [], text: '', written: '' },
  ]
  TOKEN.lastIndex = 0
  let end = 0
  for (let token = TOKEN.exec(source); token !== null; token = TOKEN.exec(source)) {
    end = TOKEN.lastIndex
    const [, before = '', closing, name, written = '', alone] = token
    const last = open.at(-1)!
    last.text += before
    if (name === undefined) continue
    if (closing === '/') {
      if (open.length === 1 || last.name !== name) return null
      open.pop()
      open.at(-1)!.children.push({ ...last, text: unescaped(last.text) })
    } else if (alone === '/') last.children.push({ name, children: [], text: '', written })
    else if (open.length > MAX_DEPTH) return null
    else open.push({ name, children: [], text: '', written })
  }
  const [root] = open
  if (open.length !== 1 || root!.children.length !== 1 || source.slice(end).trim() !== '') return null
  return root!.children[0]!
}

const unescaped = (text: string): string =>
  text.replace(/&(?:#(\d{1,7})|#x([\da-fA-F]{1,6})|(\w{1,8}));/g, (all, decimal, hex, name: string | undefined) => {
    if (name !== undefined) return Object.hasOwn(ENTITIES, name) ? ENTITIES[name]! : all
    const code = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal)
    return code > 0x10ffff ? all : String.fromCodePoint(code)
  })

/** The values of attributes by their names. */
export const attributesOf = ({ written }: XmlElement): ReadonlyMap<string, string> => {
  const found = written.matchAll(/([\w.:-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g)
  return new Map([...found].map(([, name, double, single]) => [name!, unescaped(double ?? single ?? '')]))
}

/** The value of an attribute; empty: there is none. */
export const attributeOf = (element: XmlElement, name: string): string => attributesOf(element).get(name) ?? ''

/** A text as content or attribute. */
export const escapedXml = (text: string): string =>
  text.replace(/[<>&"']/g, (character) => `&#${character.charCodeAt(0)};`)

/** The first element of that name among the children; null: there is none. */
export const childOf = (element: XmlElement | null, name: string): XmlElement | null =>
  element?.children.find((child) => child.name === name) ?? null

/** The text of a child; empty: there is none. */
export const textOf = (element: XmlElement | null, ...path: readonly string[]): string =>
  path.reduce<XmlElement | null>(childOf, element)?.text.trim() ?? ''
