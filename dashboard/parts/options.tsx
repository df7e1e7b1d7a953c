type Table = Readonly<Record<string, unknown>>

const isTable = (value: unknown): value is Table => typeof value === 'object' && value !== null && !Array.isArray(value)
const isPlain = (value: unknown): boolean => !isTable(value) && !(Array.isArray(value) && value.some(isNested))
const isNested = (value: unknown): boolean => typeof value === 'object' && value !== null

/** Options behind a word that opens them. @param name whose they are, for who hears the page */
export const OptionsOf = ({ name, value }: { readonly name: string; readonly value: unknown }) => (
  <details>
    <summary>
      Options<span class="hidden"> of {name}</span>
    </summary>
    <Options value={value} />
  </details>
)

/** Options of any kind of element, as text. */
export function Options({ value }: { readonly value: unknown }) {
  if (isPlain(value)) return <Plain value={value} />
  if (Array.isArray(value)) {
    return (
      <ol class="options">
        {value.map((one, at) => (
          <li key={at}>
            <Options value={one} />
          </li>
        ))}
      </ol>
    )
  }
  const entries = Object.entries(value as Table)
  if (entries.length === 0) return <span class="muted">as by default</span>
  return (
    <dl class="options">
      {entries.map(([key, one]) => (
        <div key={key} class={isPlain(one) ? 'plain' : 'nested'}>
          <dt>{key}</dt>
          <dd>
            <Options value={one} />
          </dd>
        </div>
      ))}
    </dl>
  )
}

function Plain({ value }: { readonly value: unknown }) {
  if (Array.isArray(value)) {
    if (value.length === 0) return <span class="muted">none</span>
    return (
      <ul class="values">
        {value.map((one, at) => (
          <li key={at}>
            <code>{String(one)}</code>
          </li>
        ))}
      </ul>
    )
  }
  if (value === undefined || value === null) return <span class="muted">none</span>
  if (value === '') return <span class="muted">empty</span>
  return <code>{String(value)}</code>
}
