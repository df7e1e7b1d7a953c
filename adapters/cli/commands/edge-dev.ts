import { existsSync } from 'node:fs'
import { defineCommand } from '../command.ts'
import { Misuse } from '../command-error.ts'
import { bundlePlugins, declaresPlugins, type PluginBundle } from '../edge/bundle-plugins.ts'
import { ROUTING_FILE } from '../edge/init/init.ts'
import { planForEdge } from '../edge/plan-source.ts'
import { installFlag } from '../edge/shared-flags.ts'
import { loadInstallHere } from '../install.ts'

export const command = defineCommand({
  name: 'edge dev',
  about: 'serves a file from workerd on this machine',
  example: 'edge dev --config routing.yml',
  details: 'Serves a file (or a folder) from workerd on this machine and follows its changes.',
  operands: [],
  flags: {
    config: { value: 'FILE', about: `the routing configuration (default: ${ROUTING_FILE})` },
    ...installFlag,
    port: { value: 'PORT', fallback: '8787', about: 'where it listens' },
    https: { about: 'answers https too, with a certificate of its own, on the same port' },
    host: { value: 'ADDRESS', fallback: '127.0.0.1', about: 'where it listens' },
    'log-level': { value: 'LEVEL', fallback: 'info', about: 'of the worker, `trace` to `panic`' },
  },
  async run({ flags: { config, configFile, port, host, https, 'log-level': logLevel }, print }) {
    if (config === undefined && !existsSync(ROUTING_FILE))
      throw new Misuse(`--config FILE is needed (there is no ${ROUTING_FILE} here)`)
    if (!/^[0-9]{1,5}$/.test(port)) throw new Misuse(`--port ${port} is no port`)
    const stopped = new Promise<void>((resolve) => {
      process.once('SIGINT', resolve)
      process.once('SIGTERM', resolve)
    })
    const [{ startDev }, plugins] = await Promise.all([import('../edge/dev.ts'), bundledFor(configFile, print)])
    const server = await startDev({
      config: config ?? ROUTING_FILE,
      host,
      port: Number(port),
      https,
      logLevel,
      planFile: planForEdge(configFile),
      print,
      plugins,
    })
    await stopped
    await server.stop()
    return { json: null, text: '' }
  },
})

/** The plugins that an install configuration declares; null: it declares none. */
async function bundledFor(configFile: string | undefined, print: (text: string) => void): Promise<PluginBundle | null> {
  const declared = configFile === undefined ? null : loadInstallHere([`--configFile=${configFile}`], 'edge').install
  if (declared === null || !declaresPlugins(declared)) return null
  const bundle = await bundlePlugins(declared, process.cwd())
  for (const note of bundle.notes) print(`${note}\n`)
  return bundle
}
