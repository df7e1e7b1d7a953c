import { decode } from '../../src/compiler/decode/decode.ts'
import { installDefaults } from '../../src/compiler/install/defaults.ts'
import { type InstallConfig, traefikInstallSchema } from '../../src/compiler/install/install.ts'

/** An install configuration with its defaults; throws when it is not understood. */
export function installOf(tree: unknown): InstallConfig {
  const { value, problems } = decode(traefikInstallSchema, tree, 'file')
  if (value === null) throw new Error(JSON.stringify(problems))
  return installDefaults(value)
}
