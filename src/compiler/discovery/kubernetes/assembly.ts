import type { Steps } from '../../../http/steps.ts'
import type { Origin } from '../../../plan/problem.ts'
import { isSame } from '../../../plan/same.ts'
import type { DynamicConfig } from '../../dynamic/dynamic.ts'
import { nameMap } from '../../dynamic/names.ts'
import type { Finding } from './findings.ts'
import { type Certificate, collision, type ElementMap, type Part, type PlacedElement } from './parts.ts'

/** Puts together what objects bring. */
export class Assembly {
  readonly #wayOut: string
  readonly #maps = new Map<ElementMap, Map<string, PlacedElement>>()
  readonly #certificates = new Map<string, Certificate>()
  readonly #findings: Finding[] = []

  /** What was put together before, until this is finished. */
  #before: ReadonlyMap<ElementMap, ReadonlyMap<string, PlacedElement>> | null

  /**
   * @param wayOut what to do about several elements of one name
   * @param before elements that are as they were stay the same objects, whoever brings them
   */
  constructor(wayOut: string, before: Assembly | null = null) {
    this.#wayOut = wayOut
    this.#before = before === null ? null : before.#maps
  }

  /** @param parts those of one kind */
  *add(parts: readonly Part[]): Steps<void> {
    for (const part of parts) {
      for (const placed of part.elements) this.#place(placed)
      // The first one who brings a certificate says in which stores it is.
      for (const [key, certificate] of part.certificates) {
        if (!this.#certificates.has(key)) this.#certificates.set(key, certificate)
      }
      this.#findings.push(...part.findings)
      yield
    }
    this.#single(parts.filter(({ isDefault }) => isDefault))
  }

  /** What all of them come to. */
  finish(): { readonly config: DynamicConfig; readonly findings: readonly Finding[] } {
    const config: Record<string, Record<string, unknown>> = { http: { routers: nameMap() } }
    for (const [path, elements] of this.#maps) {
      if (elements.size === 0) continue
      const map = nameMap<object>()
      for (const [name, { element }] of elements) map[name] = element
      const [section, kind] = path.split('.') as [string, string]
      config[section] ??= {}
      config[section][kind] = map
    }
    if (this.#certificates.size > 0) {
      config.tls ??= {}
      config.tls.certificates = [...this.#certificates.keys()].sort().map((key) => this.#certificates.get(key))
    }
    this.#before = null
    return { config: config as DynamicConfig, findings: this.#findings }
  }

  originOf(map: ElementMap, name: string): Origin | null {
    const placed = this.#maps.get(map)?.get(name)
    return placed === undefined ? null : { item: placed.item, field: placed.field }
  }

  #place(brought: PlacedElement): void {
    const placed = this.#asBefore(brought)
    let map = this.#maps.get(placed.map)
    if (map === undefined) {
      map = new Map()
      this.#maps.set(placed.map, map)
    }
    const { name } = placed
    const before = map.get(name)
    if (before !== undefined && isSame(before.element, placed.element)) return
    map.set(name, placed)
    if (before === undefined) return
    // Of the default ones none counts: that is told of all of them together.
    if (name === 'default' && placed.map.startsWith('tls.')) return
    this.#findings.push({
      severity: 'warning',
      message: collision(placed.map, name),
      item: placed.item,
      field: '',
      hint: `${before.item} has the same name; ${this.#wayOut}`,
    })
  }

  #asBefore(placed: PlacedElement): PlacedElement {
    const before = this.#before?.get(placed.map)?.get(placed.name)
    if (before === undefined || before.element === placed.element) return placed
    return isSame(before.element, placed.element) ? { ...placed, element: before.element } : placed
  }

  /** Of objects that there is one of in a cluster, several are none. */
  #single(parts: readonly Part[]): void {
    if (parts.length < 2) return
    const isStore = parts[0]!.item.startsWith('TLSStore')
    this.#maps.get(isStore ? 'tls.stores' : 'tls.options')?.delete('default')
    const namespaces = parts.map(({ item }) => item.slice(item.indexOf(' ') + 1, item.lastIndexOf('/')))
    this.#findings.push({
      severity: 'error',
      message: `Default TLS ${isStore ? 'Stores' : 'Options'} defined in multiple namespaces: [${namespaces.join(' ')}]`,
      item: parts[1]!.item,
      field: 'metadata.name',
      hint: 'keep one of them, or say whose counts: the provider’s option defaultTLSResourcesNamespace',
    })
  }
}
