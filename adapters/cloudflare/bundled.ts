/**
 * The plan that was deployed with the worker: `signalbox edge bundle` writes `fallback.json` beside `worker.js`, a module
 * of its own that is read only when there is nothing else. A worker that was deployed without it has none.
 */
export async function bundledPlan(): Promise<Uint8Array | null> {
  // Wrangler gives the text of the file, or what is in it where it bundles the worker.
  const module = await import('./fallback.ts').catch(() => null)
  const text = module?.default
  const content: unknown = typeof text === 'string' ? JSON.parse(text) : text
  const plan = (content as { plan?: unknown } | null | undefined)?.plan
  return typeof plan === 'string' ? Uint8Array.from(atob(plan), (char) => char.charCodeAt(0)) : null
}
