import type { Plural, Protocol } from '../api/elements.ts'
import { link } from '../state/location.ts'

/** A link to the page of an element. */
export function ElementLink({
  protocol,
  plural,
  name,
}: {
  readonly protocol: Protocol
  readonly plural: Plural
  readonly name: string
}) {
  return (
    <a class="name" href={link([protocol, plural, name])}>
      <Name name={name} />
    </a>
  )
}

/** A qualified name; the provider is less important. */
export function Name({ name }: { readonly name: string }) {
  const at = name.lastIndexOf('@')
  if (at <= 0) return <>{name}</>
  return (
    <>
      {name.slice(0, at)}
      <wbr />
      <span class="provider">{name.slice(at)}</span>
    </>
  )
}

/** Links to several elements. */
export function ElementLinks(props: {
  readonly protocol: Protocol
  readonly plural: Plural
  readonly names: readonly string[]
}) {
  const { protocol, plural, names } = props
  if (names.length === 0) return <p class="muted">none</p>
  return (
    <ul class="links">
      {names.map((name) => (
        <li key={name}>
          <ElementLink protocol={protocol} plural={plural} name={name} />
        </li>
      ))}
    </ul>
  )
}
