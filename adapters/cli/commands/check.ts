import { statSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { checkInstallAvailability } from '../../../src/compiler/install/availability.ts'
import type { Target } from '../../../src/plan/plan.ts'
import type { ConfigProblem } from '../../../src/plan/problem.ts'
import { builtProviders } from '../../node/providers/registry.ts'
import { formatProblem } from '../diagnostics.ts'
import { loadInstallHere, sourceOf } from '../install.ts'
import { planFile } from '../plan-file.ts'

const USAGE = `signalbox check routing.yml

  Reads files (or folders) of routing configuration and says what is wrong with them, with line and column.

usage: signalbox check [--target node|edge] [--configFile FILE] FILE…

  --target node|edge   the runtime it is meant for (default: node)
  --configFile FILE    the install configuration it will run under; without it every entry point exists

exit status: 0 nothing wrong (warnings may be shown), 1 an error, 2 usage
`

/** `signalbox check FILE…` */
export async function main(args: readonly string[]): Promise<number> {
  let parsed: ReturnType<typeof parse>
  try {
    parsed = parse(args)
  } catch (error) {
    return usage(error instanceof Error ? error.message : String(error))
  }
  const { values, positionals } = parsed
  if (values.help) {
    process.stdout.write(USAGE)
    return 0
  }
  const target = values.target
  if (target !== 'node' && target !== 'edge') return usage(`--target ${target}: node or edge`)
  if (positionals.length === 0) return usage('a file is needed')
  const missing = positionals.find((file) => statSync(file, { throwIfNoEntry: false }) === undefined)
  if (missing !== undefined) return usage(`${missing}: no such file or folder`)

  const problems = inReadingOrder(problemsOf(positionals, target, values.configFile))
  for (const problem of problems) process.stdout.write(`${formatProblem(problem, sourceOf)}\n\n`)
  const errors = problems.filter(({ severity }) => severity === 'error').length
  const warnings = problems.length - errors
  process.stdout.write(`${positionals.join(', ')}: ${count(errors, 'error')}, ${count(warnings, 'warning')}\n`)
  return errors === 0 ? 0 : 1
}

function parse(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      target: { type: 'string', default: 'node' },
      configFile: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
}

function problemsOf(
  files: readonly string[],
  target: Target,
  configFile: string | undefined,
): readonly ConfigProblem[] {
  const loaded = configFile === undefined ? null : loadInstallHere([`--configFile=${configFile}`])
  if (loaded !== null && loaded.install === null) return loaded.problems
  const install = loaded?.install ?? null
  return [
    ...(loaded?.problems ?? []),
    ...(loaded === null || install === null ? [] : loaded.place(checkInstallAvailability(install, builtProviders))),
    ...files.flatMap((file) => planFile(file, { target, install }).problems),
  ]
}

/** As the files are read: by line, what has no place first. */
function inReadingOrder(problems: readonly ConfigProblem[]): ConfigProblem[] {
  return problems.toSorted((a, b) => {
    if (a.position === null || b.position === null || a.position.file !== b.position.file) return 0
    return a.position.line - b.position.line || a.position.column - b.position.column
  })
}

const count = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`

function usage(reason: string): number {
  process.stderr.write(`signalbox check: ${reason}\n\n${USAGE}`)
  return 2
}
