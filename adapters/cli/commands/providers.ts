import { elementKinds } from '../../../src/compiler/dynamic/element-kinds.ts'
import { checkInstallAvailability } from '../../../src/compiler/install/availability.ts'
import { visible } from '../../../src/compiler/planning/definition.ts'
import type { Logger } from '../../../src/contracts/ports.ts'
import { type LoadedPlugins, loadPlugins } from '../../node/plugins/load-plugins.ts'
import { ProviderHub } from '../../node/providers/hub.ts'
import { builtProviders } from '../../node/providers/registry.ts'
import { type ProviderReport, providerView } from '../../node/providers/report.ts'
import { runtimeClock } from '../../web/clock.ts'
import { defineCommand } from '../command.ts'
import { CommandError } from '../command-error.ts'
import { formatProblem } from '../diagnostics.ts'
import { loadInstallHere, sourceOf } from '../install.ts'
import { stopSignal } from '../signals.ts'

/** Who has said nothing by then is shown as it stands. */
const PATIENCE_MS = 10_000
/** How often it is looked whether anything is new. */
const LOOK_MS = 50

export const command = defineCommand({
  name: 'providers',
  about: 'asks every provider what it finds, without serving anything',
  example: 'providers --configFile traefik.yml',
  details:
    'Starts the providers of an install configuration, shows what each of them says and what is wrong with it, and ends. No port is opened.',
  operands: [],
  flags: {
    configFile: { value: 'FILE', about: 'the install configuration; by default the one that `run` would find' },
    watch: { about: 'goes on until it is stopped, and shows every change' },
  },
  notes: 'Secrets are masked. A provider that can’t be reached, or a problem that is an error, is 1.',
  async run({ flags: { configFile, watch }, tell }) {
    const { install, problems, place } = loadInstallHere(configFile === undefined ? [] : [`--configFile=${configFile}`])
    const { providers, problems: ofPlugins } = install === null ? NO_PLUGINS : await loadPlugins(install)
    const missing = install === null ? [] : [...checkInstallAvailability(install, builtProviders), ...ofPlugins]
    const found = [...problems, ...place(missing)]
    const errors = found.filter(({ severity }) => severity === 'error')
    if (install === null || errors.length > 0) {
      throw new CommandError(errors.map((problem) => formatProblem(problem, sourceOf)).join('\n'))
    }
    const hub = new ProviderHub({
      install,
      clock: runtimeClock,
      random: Math.random,
      // What is wrong is in the reports.
      log: silent,
      readElsewhere: null,
      readPairsElsewhere: null,
      rest: null,
      apply: async ({ derive }) => void derive(),
    })
    await hub.start(providers({ log: silent, clock: runtimeClock, readElsewhere: null }))
    try {
      await settled(hub)
      if (!watch) {
        const { reports } = hub
        return {
          text: reports.map(asText).join('\n'),
          json: { providers: reports.map(asJson) },
          status: reports.every(isFine) ? 0 : 1,
        }
      }
      const stopped = stopSignal().then(() => true)
      let shown = ''
      do {
        const { reports } = hub
        const json = { providers: reports.map(asJson) }
        const now = JSON.stringify(json)
        if (now !== shown) tell({ text: `${reports.map(asText).join('\n')}\n`, json })
        shown = now
      } while (!(await Promise.race([stopped, later(LOOK_MS)])))
      return { text: '', json: undefined }
    } finally {
      await hub.stop()
    }
  },
})

const NO_PLUGINS: Pick<LoadedPlugins, 'providers' | 'problems'> = { providers: () => [], problems: [] }

const silent: Logger = { log: () => undefined }

const later = (ms: number): Promise<false> => new Promise((resolve) => setTimeout(() => resolve(false), ms))

/** Ends when everybody has said something, or has failed, or is not worth waiting for any longer. */
async function settled(hub: ProviderHub): Promise<void> {
  const until = Date.now() + PATIENCE_MS
  const isWaiting = () => hub.reports.some(({ status, derived }) => derived === null && status !== 'failed')
  while (isWaiting() && Date.now() < until) await later(LOOK_MS)
}

const isFine = (report: ProviderReport): boolean =>
  report.status === 'live' && (report.derived?.problems ?? []).every(({ severity }) => severity !== 'error')

function asText(report: ProviderReport): string {
  const { name, status, peer, error, nextTryAt, objects, problems } = providerView(report)
  const lines = [
    `${name}: ${status}${peer === null ? '' : ` (${peer})`}, ${objects} element${objects === 1 ? '' : 's'}`,
  ]
  if (error !== null) lines.push(`  lost: ${error}${nextTryAt === null ? '' : `; next try at ${nextTryAt}`}`)
  for (const { severity, place, message, hint } of problems) {
    lines.push(`  ${severity}: ${place === '' ? '' : `${place}: `}${message}`)
    if (hint !== null) lines.push(`    hint: ${hint}`)
  }
  for (const [what, names] of namesOf(report)) lines.push(`  ${what}: ${names.join(', ')}`)
  return `${lines.join('\n')}\n`
}

type ElementMap = Readonly<Record<string, Readonly<Record<string, unknown>>>>

const asJson = (report: ProviderReport) => ({ ...providerView(report), configuration: masked(report) })

/** The configuration as the API shows its elements. */
function masked({ derived }: ProviderReport): unknown {
  if (derived === null) return null
  const shown: Record<string, unknown> = {}
  for (const [section, kind, map] of mapsOf(derived.config)) {
    shown[section] ??= {}
    const elements = Object.entries(map).map(([name, { defaultRule: _, ...element }]) => [name, visible(element)])
    ;(shown[section] as Record<string, unknown>)[kind] = Object.fromEntries(elements)
  }
  return shown
}

const namesOf = ({ derived }: ProviderReport): [what: string, names: string[]][] =>
  derived === null
    ? []
    : [...mapsOf(derived.config)].map(([section, kind, map]) => [`${section} ${kind}`, Object.keys(map)])

function* mapsOf(config: object): Generator<[section: string, kind: string, map: ElementMap]> {
  for (const [section, kinds] of Object.entries(elementKinds)) {
    const maps = (config as Readonly<Record<string, Readonly<Record<string, ElementMap>> | undefined>>)[section]
    for (const kind of Object.keys(kinds)) {
      const map = maps?.[kind]
      if (map !== undefined && Object.keys(map).length > 0) yield [section, kind, map]
    }
  }
}
