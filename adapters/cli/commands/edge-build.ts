import path from 'node:path'
import { defineCommand } from '../command.ts'
import { Misuse } from '../command-error.ts'
import { formatProblem } from '../diagnostics.ts'
import { bundlePlugins, declaresPlugins, writeBundle } from '../edge/bundle-plugins.ts'
import { EdgeError } from '../edge/edge-error.ts'
import { distFolder } from '../edge/miniflare.ts'
import { loadInstallHere, sourceOf } from '../install.ts'

export const command = defineCommand({
  name: 'edge build',
  about: 'bundles plugins into a module that is deployed with the Worker',
  example: 'edge build --configFile signalbox.yml',
  details:
    'Bundles the plugins that an install configuration declares (`experimental.localPlugins`, `experimental.plugins`) into a module beside `worker.js`, with those in WebAssembly in the folder `plugins`. Deploy before you push a plan that uses them: a Worker that lacks a plugin keeps the plan before.',
  operands: [],
  flags: {
    configFile: { value: 'FILE', about: 'the install configuration' },
    out: { value: 'FILE', about: 'where it is written (default: `plugins.js` beside the `worker.js` of this package)' },
  },
  async run({ flags: { configFile, out = path.join(distFolder(), 'plugins.js') } }) {
    if (configFile === undefined) throw new Misuse('--configFile FILE is needed')
    const { install, problems } = loadInstallHere([`--configFile=${configFile}`], 'edge')
    if (install === null) throw new EdgeError(problems.map((problem) => formatProblem(problem, sourceOf)).join('\n'))
    if (!declaresPlugins(install))
      throw new EdgeError(`${configFile} declares no plugin: experimental.localPlugins.NAME`)
    const bundle = await bundlePlugins(install, process.cwd())
    if (bundle.names.length === 0) throw new EdgeError(bundle.notes.join('\n'))
    try {
      await writeBundle(bundle, out)
    } catch (error) {
      throw new EdgeError(`the plugins can't be written: ${(error as Error).message}`)
    }
    const { names, bytes, notes } = bundle
    const wrote = `Wrote ${names.join(', ')} to ${out} (${Math.ceil(bytes / 1000)} kB): the next deployment takes it along\n`
    return {
      json: { plugins: names, file: out, modules: Object.keys(bundle.modules), bytes, notes },
      text: [...notes.map((note) => `${note}\n`), wrote].join(''),
    }
  },
})
