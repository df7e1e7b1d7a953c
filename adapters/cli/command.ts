import { parseArgs } from 'node:util'
import { nearest } from '../../src/compiler/decode/nearest.ts'
import { CommandError, Misuse } from './command-error.ts'
import { helpOf, usageOf } from './command-help.ts'

/** `--name`, with a value where `value` or `choices` says so. */
export interface Flag {
  readonly about: string
  /** What the value is: `FILE`. */
  readonly value?: string
  readonly choices?: readonly string[]
  readonly fallback?: string
}

/** A word behind the command and its flags. */
export interface Operand {
  /** In capitals: `SERVICE`. */
  readonly name: string
  readonly about: string
  readonly choices?: readonly string[]
  readonly isFile?: boolean
  readonly isOptional?: boolean
  /** The last one may be any number of words. */
  readonly isMany?: boolean
}

export type Flags = Readonly<Record<string, Flag>>

type ValueOf<F extends Flag> = F extends { value: string } | { choices: readonly string[] }
  ? F extends { fallback: string }
    ? string
    : string | undefined
  : boolean

/** What a command was called with, checked. */
export interface Call<F extends Flags> {
  readonly flags: { readonly [K in keyof F]: ValueOf<F[K]> }
  readonly operands: readonly string[]
  /** The words by which it was called: `edge drain`. */
  readonly calledAs: string
  /** All commands there are. */
  readonly program: Program
  /** Says how things stand while the command goes on: not with `--json`. */
  print(text: string): void
  /** One of several things that the command finds out, as text or, with `--json`, as a line of its own. */
  tell(finding: Pick<Outcome, 'text' | 'json'>): void
}

/** The commands of the program, for those that speak of the others. */
export interface Program {
  /** Words of every command: `edge push`. */
  readonly names: readonly string[]
  /** Words of old that mean a command of today. */
  readonly aliases: Readonly<Record<string, string>>
  /** First words of commands of two. */
  readonly groups: readonly string[]
  /** The command that the first words name, the longest name first; null when there is none. */
  find(args: readonly string[]): Called | null
  /** All of them, or those of a group (`edge`). */
  load(group?: string): Promise<Command[]>
}

/** A command that was called, and what follows its words. */
export interface Called {
  readonly words: string
  readonly load: () => Promise<{ readonly command: Command }>
  readonly args: readonly string[]
}

/** What a command found out or did. */
export interface Outcome {
  /** For people. */
  readonly text: string
  /** The same for programs. */
  readonly json: unknown
  /** 0 when absent; 1: the answer is no; 3: not yet, though it was waited for; 4: it can't be known here. */
  readonly status?: 0 | 1 | 3 | 4
}

/** Everything about a command: its help, its completion and its arguments come from here. */
export interface CommandDefinition<F extends Flags> {
  /** Its words: `edge push`. */
  readonly name: string
  /** A line for the list of commands. */
  readonly about: string
  /** What follows the program's name in the first line of the help. */
  readonly example: string
  /** What it does, a paragraph. */
  readonly details: string
  readonly flags: F
  readonly operands: readonly Operand[]
  /** What else there is to know; below the flags. */
  readonly notes?: string
  run(call: Call<F>): Promise<Outcome>
}

/** One that takes Traefik's options of the install configuration as they are. */
export interface InstallCommandDefinition {
  readonly name: string
  readonly about: string
  readonly example: string
  readonly details: string
  /** @returns the exit status */
  run(args: readonly string[]): Promise<number>
}

/** A command as the program knows it. */
export interface Command {
  readonly name: string
  readonly about: string
  /** Null: the options of the install configuration. */
  readonly flags: Flags | null
  readonly operands: readonly Operand[]
  readonly help: string
  /**
   * Never throws for what the user can mend.
   * @param calledAs its words, where an older name was used
   * @returns the exit status: 0 done, 1 not done or no, 2 wrong arguments; `Outcome` has others
   */
  main(args: readonly string[], program: Program, calledAs?: string): Promise<number>
}

const JSON_FLAG = { json: { about: 'the answer for programs' } } as const satisfies Flags
const HELP_FLAG = { help: { about: 'this' } } as const satisfies Flags

/** A command out of its definition; every command is made by this. */
export function defineCommand<const F extends Flags>(definition: CommandDefinition<F>): Command {
  const { name, about, operands } = definition
  const flags: Flags = { ...definition.flags, ...JSON_FLAG, ...HELP_FLAG }
  const help = helpOf({ ...definition, flags })
  return {
    name,
    about,
    flags,
    operands,
    help,
    async main(args, program, calledAs = name) {
      try {
        const { values, words } = parse(args, flags)
        if (values.help === true) {
          process.stdout.write(help)
          return 0
        }
        checkOperands(words, operands)
        const call: Call<Flags> = {
          flags: values as Call<Flags>['flags'],
          operands: words,
          calledAs,
          program,
          print: (text) => void (values.json === true || process.stdout.write(text)),
          tell: ({ text, json }) =>
            void process.stdout.write(values.json === true ? `${JSON.stringify(json)}\n` : text),
        }
        const { text, json, status = 0 } = await definition.run(call as Call<F>)
        // Who has told everything has nothing to say at the end.
        if (values.json !== true) process.stdout.write(text)
        else if (json !== undefined) process.stdout.write(`${JSON.stringify(json)}\n`)
        return status
      } catch (error) {
        return report(error, calledAs, usageOf(name, flags, operands))
      }
    },
  }
}

/** As `defineCommand`, for those whose flags are the options of the install configuration. */
export function defineInstallCommand(definition: InstallCommandDefinition): Command {
  const { name, about } = definition
  const help = helpOf({ ...definition, flags: null, operands: [] })
  return {
    name,
    about,
    flags: null,
    operands: [],
    help,
    async main(args, _program, calledAs = name) {
      if (args.some((arg) => /^--?(?:help|h)$/.test(arg))) {
        process.stdout.write(help)
        return 0
      }
      try {
        return await definition.run(args)
      } catch (error) {
        return report(error, calledAs, '')
      }
    },
  }
}

function report(error: unknown, name: string, usage: string): number {
  const isMisuse = error instanceof Misuse
  if (!isMisuse && !(error instanceof CommandError)) throw error
  process.stderr.write(`signalbox ${name}: ${error.message}\n${isMisuse ? `\n${usage}\n` : ''}`)
  return isMisuse ? 2 : 1
}

export const takesValue = ({ value, choices }: Flag): boolean => value !== undefined || choices !== undefined

function parse(args: readonly string[], flags: Flags) {
  const options = Object.fromEntries(
    Object.entries(flags).map(([name, flag]) => [
      name,
      takesValue(flag)
        ? { type: 'string' as const, ...(flag.fallback === undefined ? {} : { default: flag.fallback }) }
        : { type: 'boolean' as const, default: false, ...(name === 'help' ? { short: 'h' } : {}) },
    ]),
  )
  const { tokens } = parseArgs({ args: [...args], options, strict: false, allowPositionals: true, tokens: true })
  for (const token of tokens) {
    if (token.kind !== 'option') continue
    const flag = flags[token.name]
    if (flag === undefined || !Object.hasOwn(flags, token.name)) {
      throw new Misuse(`unknown option ${token.rawName}${meant(token.name, Object.keys(flags), '--')}`)
    }
    if (!takesValue(flag)) {
      if (token.value !== undefined) throw new Misuse(`${token.rawName} takes no value`)
    } else if (token.value === undefined || token.value === '') throw new Misuse(`${token.rawName} needs a value`)
    else checkChoice(`${token.rawName} ${token.value}`, token.value, flag.choices)
  }
  const { values, positionals } = parseArgs({ args: [...args], options, strict: false, allowPositionals: true })
  return { values, words: positionals }
}

function checkOperands(words: readonly string[], operands: readonly Operand[]): void {
  const missing = operands.find(({ isOptional }, at) => isOptional !== true && words[at] === undefined)
  if (missing !== undefined) throw new Misuse(`${missing.name} is missing: ${missing.about}`)
  const last = operands.at(-1)
  for (const [at, word] of words.entries()) {
    const operand = operands[at] ?? (last?.isMany === true ? last : undefined)
    if (operand === undefined) throw new Misuse(`${word}: there is nothing more to say`)
    checkChoice(word, word, operand.choices)
  }
}

function checkChoice(shown: string, given: string, choices: readonly string[] | undefined): void {
  if (choices === undefined || choices.includes(given)) return
  throw new Misuse(`${shown}: ${oneOf(choices)}${meant(given, choices)}`)
}

const oneOf = (choices: readonly string[]): string =>
  choices.length === 1 ? choices[0]! : `${choices.slice(0, -1).join(', ')} or ${choices.at(-1)}`

/** Which of the candidates was probably meant, in brackets; empty where none is near. */
export function meant(name: string, candidates: readonly string[], prefix = ''): string {
  const near = nearest(name, candidates)
  return near === null ? '' : ` (did you mean "${prefix}${near}"?)`
}
