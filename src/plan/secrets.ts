/** Where the text of a reference is: `${secret:NAME}`, `${env:NAME}`, `${file:PATH}`. */
export type SecretSource = 'secret' | 'env' | 'file'

/** A text that is put in where an element is linked: plans, and whoever shows them, never have it. */
export interface SecretPlan {
  readonly source: SecretSource
  readonly name: string
  /** What stands in its place in the element's `config`. */
  readonly mark: string
}

/** Gives the text of a reference; null: there is none. */
export type SecretOf = (source: SecretSource, name: string) => string | null

/** As it is written in a configuration. */
export const shownReference = ({ source, name }: Pick<SecretPlan, 'source' | 'name'>): string => `\${${source}:${name}}`
