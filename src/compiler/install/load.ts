import type { ConfigProblem } from '../../plan/problem.ts'
import type { SecretOf } from '../../plan/secrets.ts'
import type { TextPath } from '../../plan/texts.ts'
import type { Dialect } from '../../schema/scalars.ts'
import { decode } from '../decode/decode.ts'
import { dottedTree } from '../decode/dotted.ts'
import { withPositions } from '../decode/position.ts'
import { formatOf, readTree } from '../decode/read.ts'
import { shapeOf } from '../decode/shape.ts'
import { emptyInstall, installDefaults, oldAuthorities } from './defaults.ts'
import { environmentOptions, environmentSources } from './env.ts'
import { type FileSearch, findInstallFile } from './find-file.ts'
import { flagOptions } from './flags.ts'
import { type InstallConfig, traefikInstallSchema } from './install.ts'
import { resolveReferences } from './references.ts'
import { removedOptions } from './removed.ts'
import { type Source, withSources } from './sources.ts'
import { validateInstall } from './validate.ts'

/** The outside of `loadInstall`. */
export interface InstallPorts extends FileSearch {
  /** What follows the name of the program and of the command. */
  readonly args: readonly string[]
  /** Reads a text file; throws with the system's reason. */
  readonly readFile: (path: string) => string
  /** What references in the install file stand for; absent: they are texts like others. */
  readonly secretOf?: SecretOf
  /** Places whose references are left as they are: others put something in. Absent: none. */
  readonly isLeft?: (path: TextPath) => boolean
}

/** What `loadInstall` found. */
export interface LoadedInstall {
  readonly source: 'file' | 'flags' | 'env' | 'none'
  readonly file: string | null
  /** As written, with the defaults of options; null when it could not be read. */
  readonly written: InstallConfig | null
  /** With the start-up defaults; null when there is an error. */
  readonly install: InstallConfig | null
  readonly problems: readonly ConfigProblem[]
  /** Problems of this configuration with where they come from: line and column, the variable, or the flag. */
  readonly place: Place
}

type Place = (problems: readonly ConfigProblem[]) => readonly ConfigProblem[]

type Reading = Omit<LoadedInstall, 'install'>

type Decoding = Pick<LoadedInstall, 'written' | 'problems' | 'place'>

const nowhere: Place = (problems) => problems

const problem = (message: string, file: string | null = null): ConfigProblem => ({
  severity: 'error',
  message,
  hint: null,
  provider: null,
  path: [],
  position: file === null ? null : { file, line: 1, column: 1 },
})

/**
 * Reads the install configuration from the first source that yields anything: a file, flags, variables. Removed
 * options are looked for in all of them.
 */
export const loadInstall = (ports: InstallPorts): LoadedInstall => {
  const reading = read(ports)
  const { written } = reading
  const removed = reading.source === 'file' ? otherRemovals(ports) : removalsInEnvironment(ports)
  const found = [...removed, ...reading.problems]
  if (written === null) return { ...reading, install: null, problems: found }
  const install = installDefaults(written)
  const problems = [...found, ...reading.place([...oldAuthorities(written), ...validateInstall(install)])]
  const failed = problems.some(({ severity }) => severity === 'error')
  return { ...reading, install: failed ? null : install, problems }
}

/** The same of a configuration that a program brings, as a tree like that of a file. */
export const parseInstall = (tree: unknown): Pick<LoadedInstall, 'install' | 'problems'> => {
  const removed = removedOptions(tree)
  const { value, problems } = decode(traefikInstallSchema, tree, 'file')
  const install = value === null ? null : installDefaults(value)
  const found = [
    ...removed,
    ...problems,
    ...(value === null || install === null ? [] : [...oldAuthorities(value), ...validateInstall(install)]),
  ]
  return { install: errorsOnly(found).length > 0 ? null : install, problems: found }
}

const read = (ports: InstallPorts): Reading => {
  const shape = shapeOf(traefikInstallSchema)
  const flags = attempt(() => flagOptions(ports.args, shape))
  if (flags instanceof Error) {
    return { source: 'flags', file: null, written: null, problems: [problem(flags.message)], place: nowhere }
  }
  const named = flags.find(({ option }) => option === 'configFile' || option === 'configfile')?.text ?? null
  const file = findInstallFile(named, ports)
  if (file !== null) return readFile(file, ports)
  if (ports.args.length > 0) return { source: 'flags', file: null, ...readSources(flags, 'flag') }
  const variables = environmentOptions(ports.env, shape)
  if (variables.length > 0) return { source: 'env', file: null, ...readSources(variables, 'env') }
  return { source: 'none', file: null, written: emptyInstall(), problems: [], place: nowhere }
}

const attempt = <T>(parse: () => T): T | Error => {
  try {
    return parse()
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}

const treeOf = (sources: readonly Source[]): Record<string, unknown> =>
  dottedTree(new Map(sources.map(({ option, text }) => [option, text])))

const readSources = (sources: readonly Source[], dialect: Dialect): Decoding => {
  const place: Place = (problems) => withSources(sources, problems)
  const tree = attempt(() => treeOf(sources))
  if (tree instanceof Error) {
    const culprit = sources.find((source) => attempt(() => treeOf([source])) instanceof Error)
    const found = { ...problem(tree.message), ...(culprit === undefined ? {} : { source: culprit.written }) }
    return { written: null, problems: [found], place }
  }
  const options: Record<string, unknown> = Object.create(null)
  for (const key of Object.keys(tree)) if (key.toLowerCase() !== 'configfile') options[key] = tree[key]
  const removed = removedOptions(options)
  // What was removed is unknown too: one message about it is enough.
  if (errorsOnly(removed).length > 0) return { written: null, problems: place(removed), place }
  const { value, problems } = decode(traefikInstallSchema, options, dialect)
  return { written: value, problems: place([...removed, ...problems]), place }
}

const readFile = (file: string, ports: InstallPorts): Reading => {
  const failed = (found: ConfigProblem): Reading => ({
    source: 'file',
    file,
    written: null,
    problems: [found],
    place: nowhere,
  })
  const format = formatOf(file)
  if (format === null) return failed(problem(`unsupported file extension: ${file}`, file))
  const text = attempt(() => ports.readFile(file))
  if (text instanceof Error) return failed(problem(`reading ${file}: ${text.message}`, file))
  return { source: 'file', file, ...parseInstallFile(text, format, file, ports.secretOf, ports.isLeft) }
}

/** Decodes the text of an install file, without start-up defaults and validation. */
export const parseInstallFile = (
  text: string,
  format: 'yaml' | 'toml' | 'json',
  file: string,
  secretOf?: SecretOf,
  isLeft?: (path: TextPath) => boolean,
): Decoding => {
  const tree = readTree(text, format, file)
  let masked = (message: string): string => message
  const place: Place = (problems) =>
    withPositions(
      tree,
      problems.map((found) => ({ ...found, message: masked(found.message) })),
    )
  const failed = (...problems: ConfigProblem[]) => ({ written: null, problems: [...tree.problems, ...problems], place })
  if (tree.problems.some(({ severity }) => severity === 'error')) return failed()
  if (isEmpty(tree.value)) return failed(problem(`no configuration found in file: ${file}`, file))
  const removed = removedOptions(tree.value)
  if (removed.some(({ severity }) => severity === 'error')) return failed(...place(removed))
  const resolved = secretOf === undefined ? null : resolveReferences(tree.value, secretOf, isLeft)
  if (resolved !== null) masked = resolved.masked
  if (resolved !== null && resolved.problems.length > 0) return failed(...place(resolved.problems))
  const { value, problems } = decode(traefikInstallSchema, resolved?.value ?? tree.value, 'file')
  const found = [...tree.problems, ...place([...removed, ...problems])]
  if (value === null || !isUnknown(tree.value)) return { written: value, problems: found, place }
  return { written: null, problems: [...found, problem(`no valid configuration found in file: ${file}`, file)], place }
}

const isEmpty = (value: unknown): boolean =>
  value === null || (typeof value === 'object' && !Array.isArray(value) && Object.keys(value).length === 0)

/** Whether every first-level key that has a value is unknown. */
const isUnknown = (value: unknown): boolean => {
  const shape = shapeOf(traefikInstallSchema)
  return Object.entries(value as object).every(
    ([key, child]) =>
      child === null || child === undefined || (shape.kind === 'block' && !shape.index.has(key.toLowerCase())),
  )
}

const errorsOnly = (problems: readonly ConfigProblem[]) => problems.filter(({ severity }) => severity === 'error')

const removalsInEnvironment = (ports: InstallPorts): readonly ConfigProblem[] =>
  removalsIn(environmentSources(ports.env))

const otherRemovals = (ports: InstallPorts): readonly ConfigProblem[] => {
  const flags = attempt(() => flagOptions(ports.args, shapeOf(traefikInstallSchema)))
  return [...(flags instanceof Error ? [] : removalsIn(flags)), ...removalsInEnvironment(ports)]
}

const removalsIn = (sources: readonly Source[]): readonly ConfigProblem[] => {
  const tree = attempt(() => treeOf(sources))
  // A variable that is no option at all is nobody's mistake here.
  return tree instanceof Error ? [] : withSources(sources, errorsOnly(removedOptions(tree)))
}
