import { type Command, takesValue } from './command.ts'
import type { InstallOption } from './install-options.ts'

/** What can be typed at a place of the command line. */
interface Place {
  /** Words of the command; empty: none has been typed. */
  readonly words: string
  readonly about: string
  readonly options: readonly { readonly name: string; readonly about: string; readonly choices: readonly string[] }[]
  /** Words that are no options. */
  readonly next: readonly { readonly word: string; readonly about: string }[]
  readonly takesFiles: boolean
}

export type Shell = 'bash' | 'zsh' | 'fish'

/** The script that lets a shell complete the program's commands and options. */
export function completionScript(
  shell: Shell,
  commands: readonly Command[],
  aliases: Readonly<Record<string, string>>,
  options: readonly InstallOption[],
): string {
  const places = placesOf(commands, aliases, options)
  return { bash, zsh, fish }[shell](places)
}

function placesOf(
  commands: readonly Command[],
  aliases: Readonly<Record<string, string>>,
  options: readonly InstallOption[],
): Place[] {
  // A shell completes as far as the name that people choose: `--entryPoints.`
  const installed = options.map(({ name, about }) => ({
    name: name.replace(/(?:<name>|\[n\]).*$/, ''),
    about,
    choices: [],
  }))
  const unique = installed.filter(({ name }, at) => installed.findIndex((other) => other.name === name) === at)
  const own = commands.map(
    ({ name, about, flags, operands }): Place => ({
      words: name,
      about,
      options:
        flags === null
          ? unique
          : Object.entries(flags).map(([flag, of]) => ({ name: flag, about: of.about, choices: of.choices ?? [] })),
      next: operands.flatMap(({ choices = [], about: meaning }) => choices.map((word) => ({ word, about: meaning }))),
      takesFiles: operands.some(({ isFile }) => isFile === true) || Object.values(flags ?? {}).some(takesValue),
    }),
  )
  const older = Object.entries(aliases).flatMap(([words, name]) =>
    words.includes(' ') ? own.filter((place) => place.words === name).map((place) => ({ ...place, words })) : [],
  )
  const all = [...own, ...older]
  const groups = [...new Set(all.flatMap(({ words }) => (words.includes(' ') ? [words.split(' ', 1)[0]!] : [])))]
  const groupPlaces = groups.map(
    (group): Place => ({
      words: group,
      about: 'the same configuration on Cloudflare Workers',
      options: [],
      next: all
        .filter(({ words }) => words.startsWith(`${group} `))
        .map(({ words, about }) => ({ word: words.slice(group.length + 1), about })),
      takesFiles: false,
    }),
  )
  const top: Place = {
    words: '',
    about: '',
    options: unique,
    next: [...own, ...groupPlaces]
      .filter(({ words }) => !words.includes(' '))
      .map(({ words, about }) => ({ word: words, about })),
    takesFiles: false,
  }
  return [top, ...all, ...groupPlaces]
}

/** In single quotes, which all three shells read alike but for the quote itself. */
const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`

const wordsAt = ({ options, next }: Place): string =>
  [...next.map(({ word }) => word), ...options.map(({ name }) => `--${name}`)].join(' ')

/** Branches that tell a command by its words, alike in bash and zsh. */
const namesOf = (places: readonly Place[]): string =>
  places
    .filter(({ words }) => words !== '')
    .map(({ words }) => `      ${quoted(words)}) command=${quoted(words)} ;;`)
    .join('\n')

function bash(places: readonly Place[]): string {
  const cases = places.map(
    (place) => `    ${quoted(place.words)}) words=${quoted(wordsAt(place))}; files=${place.takesFiles ? 'yes' : ''} ;;`,
  )
  return `# Completion of signalbox for bash: source <(signalbox completion bash)
_signalbox() {
  local current=\${COMP_WORDS[COMP_CWORD]} command= word words= files= at
  for ((at = 1; at < COMP_CWORD; at++)); do
    word=\${COMP_WORDS[at]}
    [[ $word == -* ]] && break
    case "\${command:+$command }$word" in
${namesOf(places)}
      *) break ;;
    esac
  done
  case "$command" in
${cases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  if [[ $files && $current != -* ]]; then COMPREPLY+=($(compgen -f -- "$current")); fi
  [[ \${COMPREPLY[0]} == *. ]] && compopt -o nospace 2>/dev/null
  return 0
}
complete -F _signalbox signalbox
`
}

function zsh(places: readonly Place[]): string {
  const described = (word: string, about: string) => quoted(`${word.replaceAll(':', '\\:')}:${about}`)
  const cases = places.map(({ words, next, options, takesFiles }) => {
    const lines = [
      next.length === 0 ? '' : `words_here=(${next.map(({ word, about }) => described(word, about)).join(' ')})`,
      options.length === 0
        ? ''
        : `options_here=(${options.map(({ name, about }) => described(`--${name}`, about)).join(' ')})`,
      takesFiles ? 'files=yes' : '',
    ]
    return `    ${quoted(words)}) ${lines.filter((line) => line !== '').join('; ')} ;;`
  })
  return `#compdef signalbox
# Completion of signalbox for zsh: signalbox completion zsh > "\${fpath[1]}/_signalbox"
_signalbox() {
  local command= word files=
  local -a words_here options_here
  for word in "\${(@)words[2,CURRENT-1]}"; do
    [[ $word == -* ]] && break
    case "\${command:+$command }$word" in
${namesOf(places)}
      *) break ;;
    esac
  done
  case "$command" in
${cases.join('\n')}
  esac
  (( $#words_here )) && _describe command words_here
  (( $#options_here )) && _describe -o option options_here
  [[ -n $files ]] && _files
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then _signalbox "$@"; else compdef _signalbox signalbox; fi
`
}

function fish(places: readonly Place[]): string {
  const lines = places.flatMap(({ words, next, options, takesFiles }) => {
    const here = `-n ${quoted(`__signalbox_at ${quotedInside(words)}`)}`
    return [
      ...next.map(({ word, about }) => `complete -c signalbox ${here} -a ${quoted(word)} -d ${fishQuoted(about)}`),
      ...options.map(({ name, about, choices }) => {
        const values = choices.length === 0 ? '' : ` -x -a ${quoted(choices.join(' '))}`
        return `complete -c signalbox ${here} -l ${quoted(name)}${values} -d ${fishQuoted(about)}`
      }),
      ...(takesFiles ? [`complete -c signalbox ${here} -F`] : []),
    ]
  })
  return `# Completion of signalbox for fish: signalbox completion fish > ~/.config/fish/completions/signalbox.fish
function __signalbox_at
  set -l command
  for word in (commandline -opc)[2..-1]
    string match -q -- '-*' $word; and break
    set -l longer (string join ' ' $command $word)
    contains -- $longer ${places
      .filter(({ words }) => words !== '')
      .map(({ words }) => quoted(words))
      .join(' ')}; or break
    set command $longer
  end
  test "$command" = "$argv[1]"
end
complete -c signalbox -f
${lines.join('\n')}
`
}

const quotedInside = (text: string): string => `"${text}"`

const fishQuoted = (text: string): string => `'${text.replace(/[\\']/g, '\\$&')}'`
