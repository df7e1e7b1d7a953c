import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { publish } from '../../adapters/cli/edge/publish.ts'
import type { generateSigningKey } from '../../adapters/cli/edge/signing-keys.ts'
import { loadInstallHere } from '../../adapters/cli/install.ts'
import { planFile } from '../../adapters/cli/plan-file.ts'
import { loadPlugins } from '../../adapters/node/plugins/load-plugins.ts'

type Workers = readonly { readonly kv: Parameters<typeof publish>[0] }[]

/**
 * Publishes routing for several workers, with the plugins that a project declares.
 * @param folder a project, with the install configuration `signalbox.json`
 * @returns takes the text of the routing
 */
export async function routingPublisher(
  folder: string,
  workers: Workers,
  key: Awaited<ReturnType<typeof generateSigningKey>>,
): Promise<(routing: string) => Promise<void>> {
  const { install } = loadInstallHere([`--configFile=${path.join(folder, 'signalbox.json')}`], 'edge')
  const { plugins } = await loadPlugins(install!, folder)
  return async (routing) => {
    const file = path.join(folder, 'routing.json')
    writeFileSync(file, routing)
    const { plan } = await planFile(file, { target: 'edge', install: null, plugins })
    for (const { kv } of workers) await publish(kv, plan!, key, Date.now())
  }
}
