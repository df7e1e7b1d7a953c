import * as z from 'zod'
import type { ConfigProblem } from '../../../plan/problem.ts'
import { flag } from '../../../schema/scalars.ts'
import { decodeBelow, type Labels } from '../labels.ts'
import type { CatalogDerivation } from './part.ts'

/** What tags say to the provider itself. */
export interface OwnTags {
  readonly enable: boolean
  /** Its name gets a digest of its tags. */
  readonly canary: boolean
  /** It is reached through the mesh. */
  readonly connect: boolean
}

/** How a catalog reads tags (Traefik `pkg/provider/{consulcatalog,nomad}`). */
export interface TagDialect {
  /** In names of providers and tags. */
  readonly kind: 'consulcatalog' | 'nomad'
  /** Blanks around the two sides of `=` do not count. */
  readonly trims: boolean
  /** Null: they can't be read, and the instance is left out. */
  readonly own: (
    labels: Labels,
    derivation: CatalogDerivation,
  ) => { readonly own: OwnTags | null; readonly problems: readonly ConfigProblem[] }
}

const schema = z.strictObject({
  enable: flag().optional(),
  consulcatalog: z.strictObject({ connect: flag().optional(), canary: flag().optional() }).optional(),
})

/** `enable` is a boolean word, or the instance is left out. */
export const consulTags: TagDialect = {
  kind: 'consulcatalog',
  trims: false,
  own(labels, { exposedByDefault, connectByDefault }) {
    const { value, problems } = decodeBelow(schema, labels, ['traefik.consulcatalog.', 'traefik.enable'])
    if (value === null) return { own: null, problems }
    const { enable = exposedByDefault, consulcatalog } = value
    const { connect = connectByDefault, canary = false } = consulcatalog ?? {}
    return { own: { enable, canary, connect }, problems }
  },
}

/** Whatever is not `true` is false. */
export const nomadTags: TagDialect = {
  kind: 'nomad',
  trims: true,
  own: (labels, { exposedByDefault }) => ({
    own: {
      enable: isTrue(labels['traefik.enable'], exposedByDefault),
      canary: isTrue(labels['traefik.nomad.canary'], false),
      connect: false,
    },
    problems: [],
  }),
}

const isTrue = (label: string | undefined, fallback: boolean): boolean =>
  label === undefined ? fallback : label.toLowerCase() === 'true'

/** Tags that begin with the prefix and have a value, as labels. */
export const labelsOfTags = (tags: readonly string[], prefix: string, trims: boolean): Labels => {
  const labels: Record<string, string> = Object.create(null)
  for (const tag of tags) {
    const equals = tag.indexOf('=')
    if (equals === -1 || !tag.startsWith(prefix)) continue
    const [name, value] = [tag.slice(0, equals), tag.slice(equals + 1)].map((side) => (trims ? side.trim() : side))
    labels[`traefik.${name!.startsWith(`${prefix}.`) ? name!.slice(prefix.length + 1) : name}`] = value!
  }
  return labels
}
