import { statSync } from 'node:fs'
import { checkInstallAvailability } from '../../../src/compiler/install/availability.ts'
import { maskSecrets } from '../../../src/http/secrets.ts'
import type { Plan, Target } from '../../../src/plan/plan.ts'
import type { ConfigProblem } from '../../../src/plan/problem.ts'
import type { LoadBalancerPlan } from '../../../src/plan/services.ts'
import { type LoadedPlugins, loadPlugins } from '../../node/plugins/load-plugins.ts'
import { builtProviders } from '../../node/providers/registry.ts'
import { defineCommand } from '../command.ts'
import { Misuse } from '../command-error.ts'
import { formatProblem } from '../diagnostics.ts'
import { loadInstallHere, sourceOf, withoutDefaults } from '../install.ts'
import { planFile } from '../plan-file.ts'

export const command = defineCommand({
  name: 'check',
  about: 'says what is wrong with routing files, with line and column',
  example: 'check routing.yml',
  details:
    'Reads files (or folders) of routing configuration, Compose files or manifests of Kubernetes, and says what is wrong with them, with line and column.',
  operands: [{ name: 'FILE', isMany: true, isFile: true, about: 'a file or a folder of routing configuration' }],
  flags: {
    target: { choices: ['node', 'edge'], fallback: 'node', about: 'the runtime it is meant for' },
    configFile: {
      value: 'FILE',
      about: 'the install configuration it will run under; without it every entry point exists',
    },
  },
  notes: 'An error is 1, a warning 0.',
  async run({ flags: { target, configFile }, operands: files }) {
    const missing = files.find((file) => statSync(file, { throwIfNoEntry: false }) === undefined)
    if (missing !== undefined) throw new Misuse(`${missing}: no such file or folder`)
    const problems = inReadingOrder(await problemsOf(files, target as Target, configFile))
    const errors = problems.filter(({ severity }) => severity === 'error').length
    const warnings = problems.length - errors
    const summary = `${files.join(', ')}: ${count(errors, 'error')}, ${count(warnings, 'warning')}\n`
    return {
      json: { errors, warnings, problems: problems.map(asJson) },
      text: problems.map((problem) => `${formatProblem(problem, sourceOf)}\n\n`).join('') + summary,
      status: errors === 0 ? 0 : 1,
    }
  },
})

const asJson = ({ severity, message, hint, path, position, source }: ConfigProblem) => ({
  severity,
  message: maskSecrets(message),
  hint: hint === null ? null : maskSecrets(hint),
  path,
  file: position?.file ?? null,
  line: position?.line ?? null,
  column: position?.column ?? null,
  ...(source === undefined ? {} : { source }),
})

async function problemsOf(
  files: readonly string[],
  target: Target,
  configFile: string | undefined,
): Promise<readonly ConfigProblem[]> {
  const loaded = configFile === undefined ? null : loadInstallHere([`--configFile=${configFile}`], target)
  if (loaded !== null && loaded.install === null) return loaded.problems
  const install = loaded?.install ?? null
  const inForce = loaded !== null && target === 'edge' ? withoutDefaults(loaded) : install
  const { plugins, problems: ofPlugins } = install === null ? NO_PLUGINS : await loadPlugins(install)
  const planned = await Promise.all(files.map((file) => planFile(file, { target, install: inForce, plugins })))
  return [
    ...(loaded?.problems ?? []),
    ...(loaded === null || install === null
      ? []
      : loaded.place([...checkInstallAvailability(install, builtProviders), ...ofPlugins])),
    ...planned.flatMap(({ problems }) => problems),
    ...(target === 'edge' && planned.some(({ plan }) => plan !== null && hasChecks(plan)) ? [UNSEALED] : []),
  ]
}

const NO_PLUGINS: LoadedPlugins = { plugins: {}, providers: () => [], problems: [] }

const hasChecks = ({ services }: Plan): boolean =>
  Object.values(services).some(
    ({ kind, config }) => kind === 'loadBalancer' && (config as LoadBalancerPlan | null)?.healthCheck != null,
  )

/** Whether a Worker has the secret is not to be seen from here. */
const UNSEALED: ConfigProblem = {
  severity: 'warning',
  message:
    'edge: whoever can write into KV can take servers out where the Worker has no secret SIGNALBOX_HEALTH_SECRET',
  hint: 'npx wrangler secret put SIGNALBOX_HEALTH_SECRET',
  provider: null,
  path: [],
  position: null,
}

/** As the files are read: by line, what has no place first. */
function inReadingOrder(problems: readonly ConfigProblem[]): ConfigProblem[] {
  return problems.toSorted((a, b) => {
    if (a.position === null || b.position === null || a.position.file !== b.position.file) return 0
    return a.position.line - b.position.line || a.position.column - b.position.column
  })
}

const count = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`
