/**
 * The plan to fall back to that is deployed with the worker: none. In the built worker `fallback.json` stands in the
 * place of this file, which `signalbox edge bundle` writes, or nobody.
 */
const fallback: unknown = null

export default fallback
