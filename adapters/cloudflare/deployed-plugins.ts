import type { Plugins } from '../../src/contracts/plugin.ts'

/**
 * Plugins that are deployed with the worker: none. In the built worker `plugins.js` stands in the place of this file,
 * which `signalbox edge build` writes, or nobody.
 */
const plugins: Plugins = {}

export default plugins
