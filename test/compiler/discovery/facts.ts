import { readFileSync } from 'node:fs'
import path from 'node:path'

/** Facts about Traefik, which stand beside a maintainer's checkout (`../shared/conformance/data`). */
export const facts = <T>(name: string): readonly T[] =>
  JSON.parse(
    readFileSync(path.join(import.meta.dirname, '../../../../shared/conformance/data', `${name}.json`), 'utf8'),
  )

/** A default rule without a template engine: the one that everybody has. */
export const hostRule = { render: ({ Name }: { readonly Name: string }) => `Host(\`${Name}\`)` }
