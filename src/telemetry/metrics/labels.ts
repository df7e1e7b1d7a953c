/** Labels of a series, in alphabetical order of their names. */
export type Labels = readonly (readonly [name: string, value: string])[]

/** Puts labels into the order in which they are shown. */
export const sortedLabels = (labels: Labels): Labels => [...labels].sort(([a], [b]) => (a < b ? -1 : 1))
