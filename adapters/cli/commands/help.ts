import { type Command, defineCommand, meant, type Program } from '../command.ts'
import { CommandError } from '../command-error.ts'
import { type InstallOption, installOptions } from '../install-options.ts'

export const command = defineCommand({
  name: 'help',
  about: 'this; `help COMMAND` says all about one',
  example: 'help drain',
  details:
    'Says what a command does and how it is called; without a command: all of them, and every option of the proxy.',
  operands: [{ name: 'COMMAND', isOptional: true, isMany: true, about: 'its words: `edge push`' }],
  flags: {},
  async run({ operands, program }) {
    if (operands.length === 0)
      return outcome(`${await overview(program)}\noptions:\n${installOptions().map(row).join('\n')}\n`)
    const words = operands.join(' ')
    if (program.groups.includes(words)) return outcome(await groupHelp(program, words))
    const found = program.find(operands)
    if (found === null || found.args.length > 0)
      throw new CommandError(`there is no command "${words}"${didYouMean(program, words)}`)
    return outcome((await found.load()).command.help)
  },
})

const outcome = (text: string) => ({ text, json: { help: text } })

/** A group without a command is asked for its help; anything else is a mistake. */
export async function unknownCommand(args: readonly string[], program: Program): Promise<number> {
  const [first = '', second = ''] = args
  if (!program.groups.includes(first)) {
    process.stdout.write(await overview(program))
    process.stderr.write(`signalbox: command not found: ${first}${didYouMean(program, first)}\n`)
    return 1
  }
  const isAsked = /^(?:help|--?help|-h)$/.test(second)
  ;(isAsked ? process.stdout : process.stderr).write(await groupHelp(program, first))
  if (isAsked) return 0
  if (second !== '')
    process.stderr.write(
      `signalbox: command not found: ${first} ${second}${didYouMean(program, `${first} ${second}`)}\n`,
    )
  return 1
}

const didYouMean = ({ names, groups }: Program, words: string): string => meant(words, [...names, ...groups])

async function overview(program: Program): Promise<string> {
  return `signalbox --entryPoints.web.address=:8000 --providers.file.filename=routing.yml

  Runs the proxy: requests on port 8000 are routed as routing.yml says. The options are Traefik's.

usage: signalbox [COMMAND] [OPTIONS]

commands:
${tableOf(await program.load())}

A file is looked for at --configFile, /etc/traefik, $XDG_CONFIG_HOME, $HOME/.config and here: traefik.toml, .yaml, .yml.
`
}

async function groupHelp(program: Program, group: string): Promise<string> {
  const found = await program.load(group)
  const example = found.find(({ name }) => name === 'edge push') ?? found[0]!
  return `${example.help.split('\n', 1)[0]}

usage: signalbox ${group} COMMAND

commands:
${tableOf(found)}

Say \`signalbox help ${group} COMMAND\` for one of them. \`signalbox drain\` and \`signalbox maintenance\` switch Workers too.
`
}

function tableOf(all: readonly Command[]): string {
  const wide = Math.max(...all.map(({ name }) => name.length))
  return all.map(({ name, about }) => `  ${name.padEnd(wide)}  ${about}`).join('\n')
}

function row({ name, about, fallback }: InstallOption): string {
  const isShown = fallback !== undefined && (typeof fallback !== 'object' || Array.isArray(fallback))
  return `  --${name}\n        ${about}${isShown ? ` (default: ${String(fallback)})` : ''}`
}
