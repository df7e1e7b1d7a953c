/** Fisher and Yates: which of several equal candidates comes first differs from start to start, as in Traefik. */
export function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const all = items.slice()
  for (let i = all.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1))
    const item = all[i]!
    all[i] = all[j]!
    all[j] = item
  }
  return all
}
