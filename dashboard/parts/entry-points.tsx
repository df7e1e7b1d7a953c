import type { EntryPoint } from '../api/shapes.ts'
import { OptionsOf } from './options.tsx'

/** Where connections come in. */
export function EntryPoints({ entryPoints }: { readonly entryPoints: readonly EntryPoint[] }) {
  return (
    <section class="panel" aria-labelledby="entry-points-title">
      <h2 id="entry-points-title">Entry points</h2>
      <ul class="rows">
        {entryPoints.map(({ name, address, ...options }) => (
          <li key={name}>
            <p class="stop-head">
              <b>{name}</b>
              {address !== undefined && <code>{address}</code>}
              {options.http?.tls !== undefined && <span class="type">TLS</span>}
            </p>
            {Object.keys(options).length > 0 && <OptionsOf name={name} value={options} />}
          </li>
        ))}
      </ul>
    </section>
  )
}
